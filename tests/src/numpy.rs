//! A Python with NumPy.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// `python3`, with NumPy where it finds it: its own, or else one that is installed below `target`, once.
pub fn python() -> Command {
    static PLACE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let mut command = Command::new("python3");
    command.arg("-B");
    if let Some(place) = PLACE.get_or_init(place) {
        command.env("PYTHONPATH", place);
    }
    command
}

fn place() -> Option<PathBuf> {
    if imports(None) {
        return None;
    }
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/numpy");
    if !imports(Some(&place)) {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--upgrade", "--target"]);
        let status = pip.arg(&place).arg("numpy").status();
        let fine = status.is_ok_and(|status| status.success()) && imports(Some(&place));
        assert!(
            fine,
            "the Python module is tested with NumPy: install python3 and pip"
        );
    }
    Some(place)
}

fn imports(place: Option<&Path>) -> bool {
    let mut python = Command::new("python3");
    if let Some(place) = place {
        python.env("PYTHONPATH", place);
    }
    let output = python.args(["-c", "import numpy"]).output();
    output.is_ok_and(|output| output.status.success())
}
