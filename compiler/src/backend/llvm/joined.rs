//! Constants behind the code, in one section with it.
//!
//! LLVM keeps constants in sections of their own, and leaves each of their uses to the linker: a relocation
//! of 24 bytes and mostly a symbol, for constants of 8. Elementary functions are full of constants. In one
//! section all distances are known, so the references are resolved here, and what is left for the linker are
//! the functions that others have. Objects that are not ELF for x86-64, or have anything else than code and
//! constants, stay as they are: other processors reach constants by their address, which is not known yet.

use std::collections::HashMap;

use cranelift_object::object::read::{self, Object, ObjectSection, ObjectSymbol};
use cranelift_object::object::write::{self, StandardSection};
use cranelift_object::object::{
    Architecture, BinaryFormat, Endianness, Relocation, RelocationFlags, RelocationKind,
    RelocationTarget, SectionIndex, SectionKind, SymbolFlags, SymbolIndex, SymbolKind, SymbolScope,
};

/// The object with one section, if it is of the kind that can be.
pub(super) fn joined(bytes: &[u8]) -> Option<Vec<u8>> {
    let file = read::File::parse(bytes).ok()?;
    if file.format() != BinaryFormat::Elf || file.architecture() != Architecture::X86_64 {
        return None;
    }
    let mut one = One::of(&file)?;
    let left = one.resolve(&file)?;
    one.write(&file, left)
}

/// A reference that the linker resolves: where, to what symbol, and how.
type Left = (u64, SymbolIndex, i64, RelocationFlags);

/// The contents of all sections, and where each begins.
#[derive(Default)]
struct One {
    data: Vec<u8>,
    align: u64,
    begin: HashMap<SectionIndex, u64>,
}

impl One {
    /// Code first, then constants.
    fn of(file: &read::File<'_>) -> Option<One> {
        let mut one = One::default();
        for wanted in [true, false] {
            for section in file.sections() {
                let code = match section.kind() {
                    SectionKind::Text => true,
                    SectionKind::ReadOnlyData if !is_unwinding(&section) => false,
                    // Names, symbols, relocations, and a note without contents.
                    SectionKind::Metadata => continue,
                    _ if section.size() == 0 => continue,
                    _ => return None,
                };
                if code == wanted {
                    one.append(&section)?;
                }
            }
        }
        Some(one)
    }

    fn append(&mut self, section: &read::Section<'_, '_>) -> Option<()> {
        let align = section.align().max(1);
        let begin = (self.data.len() as u64).next_multiple_of(align);
        self.data.resize(usize::try_from(begin).ok()?, 0);
        self.data.extend(section.data().ok()?);
        self.align = self.align.max(align);
        self.begin.insert(section.index(), begin);
        Some(())
    }

    /// Where a symbol is; nothing if it is of another object.
    fn place(&self, symbol: &read::Symbol<'_, '_>) -> Option<u64> {
        let begin = self.begin.get(&symbol.section_index()?)?;
        Some(begin + symbol.address())
    }

    /// Resolves what is inside, and gives what is left.
    fn resolve(&mut self, file: &read::File<'_>) -> Option<Vec<Left>> {
        let mut left = Vec::new();
        for section in file.sections() {
            let Some(&begin) = self.begin.get(&section.index()) else {
                continue;
            };
            for (offset, relocation) in section.relocations() {
                let RelocationTarget::Symbol(index) = relocation.target() else {
                    return None;
                };
                let symbol = file.symbol_by_index(index).ok()?;
                let at = begin + offset;
                match self.place(&symbol) {
                    Some(target) => self.put(at, target, &relocation)?,
                    None if symbol.is_undefined() => {
                        left.push((at, index, relocation.addend(), relocation.flags()));
                    }
                    None => return None,
                }
            }
        }
        Some(left)
    }

    /// Writes the distance of `target`.
    fn put(&mut self, at: u64, target: u64, relocation: &Relocation) -> Option<()> {
        let relative = matches!(
            relocation.kind(),
            RelocationKind::Relative | RelocationKind::PltRelative
        );
        if !relative || relocation.size() != 32 {
            return None;
        }
        let distance = i64::try_from(target).ok()? - i64::try_from(at).ok()? + relocation.addend();
        let distance = i32::try_from(distance).ok()?;
        let at = usize::try_from(at).ok()?;
        let slot = self.data.get_mut(at..at + 4)?;
        slot.copy_from_slice(&distance.to_le_bytes());
        Some(())
    }

    /// The object: the section, its functions, and the references that are left.
    fn write(self, file: &read::File<'_>, left: Vec<Left>) -> Option<Vec<u8>> {
        let mut object =
            write::Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        let text = object.section_id(StandardSection::Text);
        let mut known = HashMap::new();
        for symbol in file.symbols() {
            let is_function = symbol.kind() == SymbolKind::Text;
            let section = match self.place(&symbol) {
                Some(_) if is_function => write::SymbolSection::Section(text),
                None if symbol.is_undefined()
                    && symbol.name().is_ok_and(|name| !name.is_empty()) =>
                {
                    write::SymbolSection::Undefined
                }
                _ => continue,
            };
            let made = object.add_symbol(write::Symbol {
                name: symbol.name_bytes().ok()?.to_vec(),
                value: self.place(&symbol).unwrap_or(0),
                size: symbol.size(),
                kind: symbol.kind(),
                scope: match symbol.is_global() {
                    true => SymbolScope::Dynamic,
                    false => SymbolScope::Compilation,
                },
                weak: symbol.is_weak(),
                section,
                flags: SymbolFlags::None,
            });
            known.insert(symbol.index(), made);
        }
        object.append_section_data(text, &self.data, self.align);
        for (offset, symbol, addend, flags) in left {
            let symbol = *known.get(&symbol)?;
            let relocation = write::Relocation {
                offset,
                symbol,
                addend,
                flags,
            };
            object.add_relocation(text, relocation).ok()?;
        }
        // Linkers take a missing note for a wish to run code on the stack.
        object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Linker);
        object.write().ok()
    }
}

fn is_unwinding(section: &read::Section<'_, '_>) -> bool {
    section
        .name()
        .is_ok_and(|name| name.starts_with(".eh_frame"))
}
