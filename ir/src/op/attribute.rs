//! Attributes: the compile-time parameters of an operation, as they stand in the text form.

use crate::function::FuncId;
use crate::scalar::Scalar;
use std::rc::Rc;

/// The value of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// An integer.
    Int(i64),
    /// A list of integers.
    Ints(Vec<i64>),
    /// A bare word: the name of a type, a kind, an order.
    Word(String),
    /// Text in quotes.
    Text(String),
    /// A number with its type.
    Number(Scalar),
    /// Numbers of one type.
    Numbers(Rc<[Scalar]>),
    /// A function.
    Function(FuncId),
}

/// The attributes of an operation: key and value, in printing order.
pub type Attributes = Vec<(&'static str, Attribute)>;

/// Reads the attributes of an operation by key; what is left over is an error.
#[derive(Debug)]
pub struct Reader<'a> {
    attributes: &'a mut Vec<(String, Attribute)>,
}

impl<'a> Reader<'a> {
    /// A reader that takes what it reads out of `attributes`.
    pub fn new(attributes: &'a mut Vec<(String, Attribute)>) -> Reader<'a> {
        Reader { attributes }
    }

    /// The attribute `key`, if it is there.
    pub fn optional(&mut self, key: &str) -> Option<Attribute> {
        let position = self.attributes.iter().position(|(k, _)| k == key)?;
        Some(self.attributes.remove(position).1)
    }

    fn take(&mut self, key: &str) -> Result<Attribute, String> {
        self.optional(key)
            .ok_or_else(|| format!("the attribute `{key}` is missing"))
    }

    /// An integer.
    pub fn int(&mut self, key: &str) -> Result<i64, String> {
        match self.take(key)? {
            Attribute::Int(n) => Ok(n),
            _ => Err(format!("the attribute `{key}` must be an integer")),
        }
    }

    /// A number that counts something.
    pub fn count(&mut self, key: &str) -> Result<usize, String> {
        let n = self.int(key)?;
        usize::try_from(n).map_err(|_| format!("the attribute `{key}` must not be negative"))
    }

    /// A list of axes.
    pub fn axes(&mut self, key: &str) -> Result<Vec<usize>, String> {
        let Attribute::Ints(list) = self.take(key)? else {
            return Err(format!("the attribute `{key}` must be a list of integers"));
        };
        let axes: Result<Vec<usize>, _> = list.into_iter().map(usize::try_from).collect();
        axes.map_err(|_| format!("an axis in `{key}` is negative"))
    }

    /// A bare word.
    pub fn word(&mut self, key: &str) -> Result<String, String> {
        match self.take(key)? {
            Attribute::Word(word) => Ok(word),
            _ => Err(format!("the attribute `{key}` must be a word")),
        }
    }

    /// Text in quotes.
    pub fn text(&mut self, key: &str) -> Result<String, String> {
        match self.take(key)? {
            Attribute::Text(text) => Ok(text),
            _ => Err(format!("the attribute `{key}` must be text in quotes")),
        }
    }

    /// A number.
    pub fn number(&mut self, key: &str) -> Result<Scalar, String> {
        match self.take(key)? {
            Attribute::Number(x) => Ok(x),
            _ => Err(format!(
                "the attribute `{key}` must be a number with a type"
            )),
        }
    }

    /// Numbers of one type.
    pub fn numbers(&mut self, key: &str) -> Result<Rc<[Scalar]>, String> {
        match self.take(key)? {
            Attribute::Numbers(list) => Ok(list),
            _ => Err(format!(
                "the attribute `{key}` must be a list of numbers with a type"
            )),
        }
    }

    /// A function.
    pub fn function(&mut self, key: &str) -> Result<FuncId, String> {
        match self.take(key)? {
            Attribute::Function(id) => Ok(id),
            _ => Err(format!("the attribute `{key}` must be a function")),
        }
    }
}

/// Axes as an attribute.
pub fn axes(axes: &[usize]) -> Attribute {
    Attribute::Ints(axes.iter().map(|&a| a as i64).collect())
}

/// A count as an attribute.
pub fn count(n: usize) -> Attribute {
    Attribute::Int(n as i64)
}
