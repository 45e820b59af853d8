//! Rules 1 to 5: definitions, scopes, types.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Report;
use crate::function::{Block, Inst, InstData, Value};
use crate::op::Site;
use crate::scalar::DType;
use std::collections::HashSet;

/// Checks the rules; whether the function is sound enough for the others to make sense.
pub(super) fn check(report: &mut Report<'_>) -> bool {
    let func = report.func;
    if func.sizes + func.linear > func.body.params.len() {
        report.whole("more sizes and linear parameters than parameters");
        return false;
    }
    if func
        .size_params()
        .iter()
        .any(|&v| !func.ty(v).is(DType::I64))
    {
        report.whole("a size parameter is not a scalar of type i64");
    }
    let mut walk = Walk {
        report,
        visible: HashSet::new(),
        defined: HashSet::new(),
    };
    walk.block(None, &func.body);
    report.errors.is_empty()
}

struct Walk<'a, 'r> {
    report: &'a mut Report<'r>,
    visible: HashSet<Value>,
    defined: HashSet<Value>,
}

impl Walk<'_, '_> {
    fn block(&mut self, owner: Option<Inst>, block: &Block) {
        let outside = self.visible.clone();
        for &param in &block.params {
            self.define(owner, param);
        }
        for &inst in &block.insts {
            self.inst(inst);
        }
        for &result in &block.results {
            self.use_of(owner, result);
        }
        self.visible = outside;
    }

    fn inst(&mut self, inst: Inst) {
        let func = self.report.func;
        let data = &func.insts[inst];
        data.args.iter().for_each(|&v| self.use_of(Some(inst), v));
        data.sizes
            .iter()
            .for_each(|size| size.values().for_each(|v| self.size(Some(inst), v)));
        data.blocks
            .iter()
            .for_each(|block| self.block(Some(inst), block));
        data.results
            .iter()
            .for_each(|&v| self.define(Some(inst), v));
        self.types(inst, data);
    }

    fn define(&mut self, at: Option<Inst>, value: Value) {
        let func = self.report.func;
        func.ty(value).values().for_each(|v| self.size(at, v));
        if !self.defined.insert(value) {
            self.say(at, format!("{value} is defined twice"));
        }
        self.visible.insert(value);
    }

    fn use_of(&mut self, at: Option<Inst>, value: Value) {
        if !self.visible.contains(&value) {
            self.say(at, format!("{value} is used where it is not defined"));
        }
    }

    fn size(&mut self, at: Option<Inst>, value: Value) {
        self.use_of(at, value);
        if !self.report.func.ty(value).is(DType::I64) {
            self.say(
                at,
                format!("{value} is used as a size and is not a scalar of type i64"),
            );
        }
    }

    fn types(&mut self, inst: Inst, data: &InstData) {
        let func = self.report.func;
        let written = func.types(&data.results);
        let site = Site {
            func,
            module: Some(self.report.module),
            args: &data.args,
            sizes: &data.sizes,
            blocks: &data.blocks,
            wanted: &written,
            results: &data.results,
        };
        match data.op.infer(&site) {
            Ok(types) if types.len() != written.len() => {
                self.report.at(inst, format!("has {} results", types.len()));
            }
            Ok(types) if types.iter().zip(&written).all(|(a, b)| func.agree(a, b)) => {}
            Ok(_) => self
                .report
                .at(inst, "a result is written with another type than it has"),
            Err(error) => self.report.at(inst, error.0),
        }
    }

    fn say(&mut self, at: Option<Inst>, message: String) {
        match at {
            Some(inst) => self.report.at(inst, message),
            None => self.report.whole(message),
        }
    }
}
