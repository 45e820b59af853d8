//! Static libraries: archives with one object file and the index that linkers ask for.
//!
//! The format is that of System V, as GNU `ar` writes it: a magic line, a member `/` that says which
//! symbols are defined where, then the object. It has no dates and no owners: the same object gives the
//! same bytes. (The crate `ar` writes no index.)

use super::place::internal;
use crate::diagnostic::Diagnostic;
use cranelift_object::object::{Object, ObjectSymbol, read};

const MAGIC: &[u8] = b"!<arch>\n";

/// Bytes before the contents of a member.
const HEADER: usize = 60;

/// The longest name that fits into a header, with the `/` at its end.
const NAME: usize = 16;

/// An archive with the object in it.
pub fn archive(name: &str, object: &[u8]) -> Result<Vec<u8>, Diagnostic> {
    let failed =
        |error: &dyn std::fmt::Display| internal(&format!("no archive could be made: {error}"));
    let symbols = defined(object).map_err(|error| failed(&error))?;
    let index_len =
        4 + 4 * symbols.len() + symbols.iter().map(|symbol| symbol.len() + 1).sum::<usize>();
    let place = MAGIC.len() + HEADER + index_len.next_multiple_of(2);
    let place = u32::try_from(place).map_err(|error| failed(&error))?;
    let count = u32::try_from(symbols.len()).map_err(|error| failed(&error))?;
    let mut index = count.to_be_bytes().to_vec();
    symbols
        .iter()
        .for_each(|_| index.extend(place.to_be_bytes()));
    for symbol in &symbols {
        index.extend(symbol.as_bytes());
        index.push(0);
    }
    let mut bytes = MAGIC.to_vec();
    member(&mut bytes, "/", &index);
    let short: String = name
        .chars()
        .filter(char::is_ascii)
        .take(NAME - ".o/".len())
        .collect();
    member(&mut bytes, &format!("{short}.o/"), object);
    Ok(bytes)
}

/// The symbols that others may use.
fn defined(object: &[u8]) -> Result<Vec<String>, read::Error> {
    let file = read::File::parse(object)?;
    let global = file
        .symbols()
        .filter(|symbol| symbol.is_global() && symbol.is_definition());
    global
        .map(|symbol| symbol.name().map(str::to_owned))
        .collect()
}

/// A member: name, date, user, group, mode and size, then the contents, padded to an even length.
fn member(bytes: &mut Vec<u8>, name: &str, contents: &[u8]) {
    let header = format!(
        "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
        0,
        0,
        0,
        "100644",
        contents.len()
    );
    bytes.extend(header.as_bytes());
    bytes.extend(contents);
    if !contents.len().is_multiple_of(2) {
        bytes.push(b'\n');
    }
}
