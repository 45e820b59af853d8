//! C structs: one for each dfn struct, laid out by the rules of C on 64-bit targets.

use super::names::Names;
use crate::build::{ExportField, ExportType};
use dfn_ir::DType;

/// Bytes of a pointer.
const POINTER: u32 = 8;

/// A C struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Struct {
    /// Its name in C.
    pub name: String,
    /// Its name in the source.
    pub source: String,
    /// The text of its `///` lines.
    pub doc: Option<String>,
    /// Its members, in order.
    pub fields: Vec<Field>,
    /// Its size in bytes.
    pub size: u32,
    /// Its alignment in bytes.
    pub align: u32,
}

/// A member of a C struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name in C.
    pub name: String,
    /// The text of its `///` lines.
    pub doc: Option<String>,
    /// What it is.
    pub ty: FieldType,
    /// Bytes from the start of the struct.
    pub offset: u32,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A number.
    Scalar(DType),
    /// A pointer to the elements of an array of this rank.
    Array(DType, usize),
    /// The struct with this position, inline.
    Struct(usize),
}

/// A value without its tuples: names and structures of the parts, in order.
pub(super) fn flatten<'t>(name: &str, ty: &'t ExportType) -> Vec<(String, &'t ExportType)> {
    match ty {
        ExportType::Tuple(parts) => {
            let parts = parts.iter().enumerate();
            parts
                .flat_map(|(k, part)| flatten(&format!("{name}_{k}"), part))
                .collect()
        }
        ExportType::Struct { .. } | ExportType::Array { .. } if ty.leaves().is_empty() => {
            Vec::new()
        }
        ExportType::Struct { .. } | ExportType::Array { .. } => vec![(name.to_owned(), ty)],
    }
}

/// The structs of a library.
#[derive(Clone, Debug, Default)]
pub(super) struct Structs {
    /// Each after those that it holds.
    pub(super) all: Vec<Struct>,
}

impl Structs {
    /// The position of the C struct of a dfn struct; equal ones share it.
    pub(super) fn intern(
        &mut self,
        (name, doc): (&str, &Option<String>),
        fields: &[ExportField],
        names: &mut Names,
    ) -> usize {
        let mut own = Names::default();
        let mut members = Vec::new();
        for field in fields {
            for (wanted, ty) in flatten(&field.name, &field.ty) {
                let ty = self.field_type(ty, names);
                members.push(Field {
                    name: own.unique(&wanted),
                    doc: field.doc.clone(),
                    ty,
                    offset: 0,
                });
            }
        }
        let (size, align) = self.lay_out(&mut members);
        let same = |other: &Struct| other.source == name && other.fields == members;
        if let Some(position) = self.all.iter().position(same) {
            return position;
        }
        self.all.push(Struct {
            name: names.unique(name),
            source: name.to_owned(),
            doc: doc.clone(),
            fields: members,
            size,
            align,
        });
        self.all.len() - 1
    }

    fn field_type(&mut self, ty: &ExportType, names: &mut Names) -> FieldType {
        match ty {
            ExportType::Array { dtype, shape } if shape.is_empty() => FieldType::Scalar(*dtype),
            ExportType::Array { dtype, shape } => FieldType::Array(*dtype, shape.len()),
            ExportType::Struct { name, doc, fields } => {
                FieldType::Struct(self.intern((name, doc), fields, names))
            }
            // `flatten` leaves no tuple; one that is empty holds nothing.
            ExportType::Tuple(_) => FieldType::Scalar(DType::Bool),
        }
    }

    /// Sets the offsets: size and alignment of the struct.
    fn lay_out(&self, members: &mut [Field]) -> (u32, u32) {
        let (mut end, mut align) = (0u32, 1u32);
        for member in members {
            let (size, own) = self.layout(member.ty);
            member.offset = end.next_multiple_of(own);
            end = member.offset + size;
            align = align.max(own);
        }
        (end.next_multiple_of(align), align)
    }

    fn layout(&self, ty: FieldType) -> (u32, u32) {
        match ty {
            FieldType::Scalar(dtype) => (dtype.bytes(), dtype.bytes()),
            FieldType::Array(..) => (POINTER, POINTER),
            FieldType::Struct(position) => {
                let inner = self.all.get(position);
                inner.map_or((0, 1), |inner| (inner.size, inner.align))
            }
        }
    }
}
