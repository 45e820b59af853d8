//! Mutated loop programs: what parses and verifies compiles or is refused; nothing panics.

use dfn::backend::{Backend, Level, Options, cranelift::Cranelift};
use dfn_ir::loops::{parse, verify};

use crate::random_loops::Random;

/// Text with one of every statement.
const EVERYTHING: &str = include_str!("everything.loops");

/// Words, names, numbers and marks, with the spaces between them.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_word = false;
    for c in text.chars() {
        let word = c.is_ascii_alphanumeric() || "%@_.-\"".contains(c);
        match tokens.last_mut() {
            Some(last) if word && in_word => last.push(c),
            _ => tokens.push(c.to_string()),
        }
        in_word = word;
    }
    tokens
}

fn mutate(text: &str, random: &mut Random) -> String {
    let mut tokens = tokens(text);
    for _ in 0..random.below(3) + 1 {
        let [at, from] = [(); 2].map(|()| random.below(tokens.len()));
        match random.below(4) {
            0 => tokens.swap(at, from),
            1 => drop(tokens.remove(at)),
            2 => tokens.insert(at, tokens[from].clone()),
            _ => tokens[at] = tokens[from].clone(),
        }
    }
    tokens.concat()
}

/// A line of the text twice, or out of order.
fn shuffle_lines(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let [at, from] = [(); 2].map(|()| random.below(lines.len()));
    match random.below(3) {
        0 => lines.swap(at, from),
        1 => drop(lines.remove(at)),
        _ => lines.insert(at, lines[from]),
    }
    lines.join("\n")
}

#[test]
fn mutated_programs_never_panic() {
    let count = std::env::var("DFN_RANDOM_PROGRAMS").map_or(4000, |count| count.parse().unwrap());
    let mut random = Random(7);
    let options = Options::new(Level::O0);
    let [mut parsed, mut verified, mut compiled] = [0; 3];
    for _ in 0..count {
        let text = match random.below(3) {
            0 => shuffle_lines(EVERYTHING, &mut random),
            _ => mutate(EVERYTHING, &mut random),
        };
        let Ok(program) = parse(&text) else {
            continue;
        };
        parsed += 1;
        if verify(&program).is_err() {
            continue;
        }
        verified += 1;
        // A verified program has a text form that reads back as itself.
        let text = program.to_string();
        assert_eq!(parse(&text).unwrap().to_string(), text);
        // Most programs take other paths only in the middle; the code of a few is enough.
        if verified % 4 == 0 {
            compiled += usize::from(Cranelift.object(&program, &options).is_ok());
            compiled += usize::from(Cranelift.jit(&program, &options).is_ok());
        }
        #[cfg(feature = "llvm")]
        if verified % 16 == 0 {
            compiled += usize::from(dfn::backend::llvm::Llvm.object(&program, &options).is_ok());
        }
    }
    assert!(
        parsed * 10 > count && verified * 20 > count && compiled > 10,
        "{parsed} {verified} {compiled}"
    );
}
