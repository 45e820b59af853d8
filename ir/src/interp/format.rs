//! How values are printed: floats as the shortest decimal that reads back the same, arrays in brackets.

use super::Array;
use crate::scalar::Scalar;
use std::fmt::Write;

/// Appends a number: `2.0`, `1e-7`, `inf`, `nan`, `true`.
pub fn write_scalar(text: &mut String, value: Scalar) {
    // Writing to a string does not fail.
    let _ = match value {
        Scalar::F32(x) if x.is_nan() => write!(text, "nan"),
        Scalar::F64(x) if x.is_nan() => write!(text, "nan"),
        Scalar::F32(x) => write!(text, "{x:?}"),
        Scalar::F64(x) => write!(text, "{x:?}"),
        Scalar::I32(x) => write!(text, "{x}"),
        Scalar::I64(x) => write!(text, "{x}"),
        Scalar::U32(x) => write!(text, "{x}"),
        Scalar::U64(x) => write!(text, "{x}"),
        Scalar::Bool(x) => write!(text, "{x}"),
    };
}

/// Appends elements in the shape `dims`: `[[1.0, 2.0], [3.0, 4.0]]`.
pub fn write_elements(text: &mut String, dims: &[usize], elements: &[Scalar]) {
    let Some((&size, rest)) = dims.split_first() else {
        elements.iter().for_each(|&x| write_scalar(text, x));
        return;
    };
    text.push('[');
    let width: usize = rest.iter().product();
    for k in 0..size {
        if k > 0 {
            text.push_str(", ");
        }
        let row = elements.get(k * width..(k + 1) * width);
        write_elements(text, rest, row.unwrap_or_default());
    }
    text.push(']');
}

/// The line that `print` writes: `{}` in the template is the next value, `{{` and `}}` are braces.
pub fn line(template: &str, values: &[Array]) -> String {
    let mut text = String::new();
    let mut values = values.iter();
    let mut rest = template.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('{', Some('{')) | ('}', Some('}')) => {
                rest.next();
                text.push(c);
            }
            ('{', Some('}')) => {
                rest.next();
                if let Some(value) = values.next() {
                    write_elements(&mut text, value.dims(), value.elements());
                }
            }
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::DType;

    #[test]
    fn lines() {
        let one = |x: f64| Array::of(Scalar::F64(x));
        let shown = |x: f64| line("{}", &[one(x)]);
        assert_eq!(shown(2.0), "2.0");
        assert_eq!(shown(-0.0), "-0.0");
        assert_eq!(shown(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(shown(1e300), "1e300");
        assert_eq!(shown(f64::INFINITY), "inf");
        assert_eq!(shown(f64::NEG_INFINITY), "-inf");
        assert_eq!(shown(-f64::NAN), "nan");
        assert_eq!(line("{}", &[Array::of(Scalar::F32(0.1))]), "0.1");
        let m = [1.0, 2.0, 3.0, 4.0].map(Scalar::F64).to_vec();
        let m = Array::new(DType::F64, &[2, 2], m).unwrap();
        assert_eq!(
            line("{{{}}} = {}", &[one(1.5), m]),
            "{1.5} = [[1.0, 2.0], [3.0, 4.0]]"
        );
        let none = Array::new(DType::I64, &[2, 0], Vec::new()).unwrap();
        assert_eq!(line("{}", &[none]), "[[], []]");
    }
}
