//! What only a host can do: printing, and derivatives by differences.
//!
//! The name of the host function is the position in [`super::Lowered::hosts`]. Each operand is passed as
//! its sizes, then the scalar itself or the elements of the array; results are arrays, scalars one
//! element long, that the host writes.

use dfn_ir::function::InstData;
use dfn_ir::loops::HostArg;
use dfn_ir::ops::{Differences, Print};
use dfn_ir::{Size, Value};

use super::HostSite;
use super::cx::Cx;
use super::error::Done;
use super::view::{View, product};

impl Cx<'_> {
    /// Emits the writing of a line.
    pub(super) fn print(&mut self, op: &Print, data: &InstData) -> Done {
        let args = self.host_args(&data.args)?;
        let site = HostSite::Print {
            template: op.template.clone(),
            operands: self.func.types(&data.args),
        };
        self.host(site, &args);
        Ok(())
    }

    /// Emits a derivative by differences: sizes of the callee, operands, results.
    pub(super) fn differences(&mut self, op: &Differences, data: &InstData) -> Done {
        let mut args = Vec::new();
        for size in &data.sizes {
            let size = self.resolve(size)?;
            args.push(HostArg::Value(self.size(&size)?));
        }
        args.extend(self.host_args(&data.args)?);
        let mut after = Vec::new();
        for &result in &data.results {
            let view = self.result_view(data, result)?;
            args.extend(self.host_array(&view)?);
            after.push((result, view));
        }
        let mut operands = self.func.types(&data.args);
        operands.extend(self.func.types(&data.results));
        let site = HostSite::Differences {
            target: op.target.clone(),
            operands,
            results: data.results.len(),
        };
        self.host(site, &args);
        for (result, view) in after {
            self.received(result, view)?;
        }
        Ok(())
    }

    fn host(&mut self, site: HostSite, args: &[HostArg]) {
        self.b.host(&self.shared.hosts.len().to_string(), args);
        self.shared.hosts.push(site);
    }

    fn host_args(&mut self, values: &[Value]) -> Done<Vec<HostArg>> {
        let mut args = Vec::new();
        for &value in values {
            if self.func.ty(value).is_scalar() {
                args.push(HostArg::Value(self.number(value)?));
            } else {
                let view = self.contiguous(value)?;
                args.extend(self.host_array(&view)?);
            }
        }
        Ok(args)
    }

    fn host_array(&mut self, view: &View) -> Done<Vec<HostArg>> {
        let mut args = Vec::new();
        for size in &view.shape {
            args.push(HostArg::Value(self.size(size)?));
        }
        let len: Size = product(&view.shape)?;
        let len = self.size(&len)?;
        let buffer = self.start(view)?;
        args.push(HostArg::Buffer { buffer, len });
        Ok(args)
    }
}
