//! What is wrong with a configuration on its own: single attributes, conflicts, deprecations.
//! Unknown values are not judged.

pub mod cron;
pub mod go_regex;
pub mod go_url;
pub mod text;

use crate::findings::{Finding, Path, Step};
use crate::schema::{Attribute, Block, Nesting, Type};
use crate::value::{Number, Object, Value, get};

/// A rule for one attribute.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// The text is one of these.
    OneOf(&'static [&'static str]),
    /// The number is at least this.
    AtLeast(i64),
    /// The number is between these, both included.
    Between(i64, i64),
    /// The number is 0 or between these, both included.
    ZeroOrBetween(i64, i64),
    /// The text has at most so many bytes; with the word for the attribute.
    MaxBytes(usize, &'static str),
    /// The number of bytes of the text is between these, both included.
    LengthBetween(usize, usize),
    /// The text is not empty.
    NotEmpty,
    /// The text can be read as a URL.
    Url,
    /// The text is a UUID in the form with hyphens.
    Uuid,
    /// A rule of its own; the error is the whole summary.
    Text(fn(&str) -> Result<(), String>),
    /// Warnings.
    Remark(fn(&str) -> Vec<Finding>),
}

/// Checks the configuration of a resource or data source.
pub fn check(block: &Block, config: &Object) -> Vec<Finding> {
    let mut findings = Vec::new();
    check_block(block, config, &Place::default(), &mut findings);
    findings
}

/// Where a check stands: for the message in full, for Terraform as far as it can follow.
#[derive(Default)]
struct Place {
    /// `prebuilds.0.expiration_policy.0.`
    prefix: String,
    path: Path,
    /// Inside a set, whose elements have no address: the path stays at the set.
    stuck: bool,
}

impl Place {
    fn at(&self, name: &str) -> Path {
        if self.stuck { self.path.clone() } else { self.path.then(Step::Name(name.to_owned())) }
    }

    fn inside(&self, name: &str, index: usize, nesting: Nesting) -> Self {
        let mut path = self.at(name);
        if !self.stuck && nesting == Nesting::List {
            path = path.then(Step::Index(index));
        }
        Self { prefix: format!("{}{name}.{index}.", self.prefix), path, stuck: self.stuck || nesting == Nesting::Set }
    }
}

fn check_block(block: &Block, config: &Object, place: &Place, findings: &mut Vec<Finding>) {
    for attribute in block.attributes {
        let value = get(config, attribute.name);
        if !attribute.configurable() || value.is_null() {
            continue;
        }
        match conflict(attribute.name, attribute.conflicts, config, place) {
            // Whatever else is wrong with it, one of the two has to go first.
            Some(conflict) => findings.push(conflict),
            None => check_attribute(attribute, value, place, findings),
        }
    }
    for nested in block.blocks {
        let elements = get(config, nested.name).elements();
        if elements.is_empty() {
            continue;
        }
        if let Some(conflict) = conflict(nested.name, nested.conflicts, config, place) {
            findings.push(conflict);
            continue;
        }
        if let Some(why) = nested.deprecated {
            findings.push(deprecation(why).at(place.at(nested.name)));
        }
        for (index, element) in elements.iter().enumerate() {
            if let Some(element) = element.as_object() {
                let inside = place.inside(nested.name, index, nested.nesting);
                check_block(&nested.block, element, &inside, findings);
            }
        }
    }
}

fn deprecation(why: &str) -> Finding {
    Finding::warning("Argument is deprecated").detail(why)
}

/// The first thing with which an attribute or block conflicts, as one is enough to act on.
fn conflict(name: &str, with: &[&str], config: &Object, place: &Place) -> Option<Finding> {
    if *get(config, name) == Value::Unknown {
        return None;
    }
    let is_set = |other: &&&str| match get(config, other) {
        Value::Null | Value::Unknown => false,
        Value::List(elements) => !elements.is_empty(),
        _ => true,
    };
    let other = with.iter().find(is_set)?;
    let prefix = &place.prefix;
    let error = Finding::error("Conflicting configuration arguments")
        .detail(format!("\"{prefix}{name}\": conflicts with {prefix}{other}"));
    Some(error.at(place.at(name)))
}

fn check_attribute(attribute: &Attribute, value: &Value, place: &Place, findings: &mut Vec<Finding>) {
    let path = place.at(attribute.name);
    let key = format!("{}{}", place.prefix, attribute.name);
    let refused = match value {
        Value::Unknown => return,
        Value::Number(number) => check_number(attribute, &key, number).err(),
        Value::Text(text) if attribute.ty == Type::Text => {
            let remarks = attribute.checks.iter().filter_map(|check| match check {
                Check::Remark(remark) => Some(remark(text)),
                _ => None,
            });
            findings.extend(remarks.flatten().map(|finding| finding.at(path.clone())));
            check_text(attribute, &key, text).err()
        }
        _ => None,
    };
    // Not of a value that is still unknown: Terraform asks again when it is known, and would warn twice.
    if let Some(why) = attribute.deprecated {
        findings.push(deprecation(why).at(path.clone()));
    }
    if let Some(summary) = refused {
        findings.push(Finding::error(summary).at(path));
    }
}

fn check_number(attribute: &Attribute, key: &str, number: &Number) -> Result<(), String> {
    let Some(int) = number.as_int() else {
        return Err(format!("Attribute must be a whole number, got {number}"));
    };
    for check in attribute.checks {
        match *check {
            Check::AtLeast(least) if int < least => {
                return Err(format!("expected {key} to be at least ({least}), got {int}"));
            }
            Check::Between(least, most) if !(least..=most).contains(&int) => {
                return Err(format!("expected {key} to be in the range ({least} - {most}), got {int}"));
            }
            Check::ZeroOrBetween(least, most) if int != 0 && !(least..=most).contains(&int) => {
                return Err(format!("\"{key}\" must be 0 or between {least} and {most}, got {int}"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_text(attribute: &Attribute, key: &str, text: &str) -> Result<(), String> {
    for check in attribute.checks {
        match *check {
            Check::OneOf(allowed) if !allowed.contains(&text) => {
                let allowed: Vec<_> = allowed.iter().map(|a| format!("{a:?}")).collect();
                return Err(format!("expected {key} to be one of [{}], got {text}", allowed.join(" ")));
            }
            Check::MaxBytes(most, what) if text.len() > most => {
                return Err(format!("{what} is too long (max {most} characters)"));
            }
            Check::LengthBetween(least, most) if !(least..=most).contains(&text.len()) => {
                return Err(format!("expected length of {key} to be in the range ({least} - {most}), got {text}"));
            }
            Check::NotEmpty if text.is_empty() => {
                return Err(format!("expected \"{key}\" to not be an empty string, got {text}"));
            }
            Check::Uuid if text.len() != 36 || uuid::Uuid::try_parse(text).is_err() => {
                return Err(format!("expected \"{key}\" to be a valid UUID, got {text}"));
            }
            Check::Url => drop(go_url::parse(text).map_err(|e| e.to_string())?),
            Check::Text(rule) => rule(text)?,
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
