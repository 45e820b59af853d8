//! What an object needs from others.

use cranelift_object::object::{Object, ObjectSymbol, read};

use super::BackendError;

/// The only symbols that a generated object may leave undefined.
const ALLOWED: [&str; 2] = ["malloc", "free"];

/// Refuses an object that needs a library: a code generator fell back on calls.
pub(super) fn check(bytes: &[u8]) -> Result<(), BackendError> {
    let file = read::File::parse(bytes).map_err(BackendError::internal)?;
    for symbol in file.symbols().filter(|symbol| symbol.is_undefined()) {
        let name = symbol.name().unwrap_or_default();
        // Mach-O puts an underscore before the names of C.
        let plain = name.strip_prefix('_').unwrap_or(name);
        if matches!(plain, "fma" | "fmaf") {
            return Err(BackendError::NoFma {
                target: format!("{:?}", file.architecture()),
            });
        }
        if !name.is_empty() && !ALLOWED.contains(&name) && !ALLOWED.contains(&plain) {
            return Err(BackendError::internal(format!(
                "the object needs the symbol `{name}`"
            )));
        }
    }
    Ok(())
}
