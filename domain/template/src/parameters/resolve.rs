//! The values of a build: from the request, a preset, the previous build and the defaults.

use std::collections::BTreeMap;

use super::{Parameter, ParameterValue, Problem, check_value};

/// Where the values of a build come from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sources<'a> {
    /// Given with the request.
    pub requested: &'a [ParameterValue],
    /// Of the chosen preset.
    pub preset: &'a [ParameterValue],
    /// Stored by the previous build; `None` for the first.
    pub previous: Option<&'a [ParameterValue]>,
}

/// A problem with the value of one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The parameter's name.
    pub name: String,
    /// What is wrong.
    pub problem: Problem,
}

/// The one problem that the classic rules report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unable to validate parameter {name:?}: {detail}")]
pub struct ClassicProblem {
    /// The parameter's name.
    pub name: String,
    /// What is wrong.
    pub detail: String,
}

/// A parameter with the value of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered<'a> {
    /// The declared parameter.
    pub parameter: &'a Parameter,
    /// The input, else the default; `None` without either.
    pub value: Option<String>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

fn find<'a>(values: &'a [ParameterValue], name: &str) -> Option<&'a str> {
    // A name given twice counts with its last value, as in a map.
    values.iter().rev().find(|value| value.name == name).map(|value| value.value.as_str())
}

/// Answers a form: each parameter with its value and what is wrong with it. Unknown inputs are ignored.
pub fn render<'a>(parameters: &'a [Parameter], inputs: &BTreeMap<String, String>) -> Vec<Rendered<'a>> {
    let rendered = |parameter: &'a Parameter| {
        let default = (!parameter.required).then(|| parameter.default_value.clone());
        let value = inputs.get(&parameter.name).cloned().or(default);
        let problems = match &value {
            Some(value) => check_value(parameter, value, None).err().into_iter().collect(),
            None => vec![missing()],
        };
        Rendered { parameter, value, problems }
    };
    parameters.iter().map(rendered).collect()
}

fn missing() -> Problem {
    Problem {
        summary: "Required parameter not provided".to_owned(),
        detail: "parameter value is null".to_owned(),
        code: "required",
    }
}

/// The values of a build of a template with the dynamic flow. Values without a declared parameter are dropped.
///
/// # Errors
/// Every problem, one for each parameter at most.
pub fn resolve_dynamic(
    parameters: &[Parameter],
    sources: Sources<'_>,
) -> Result<Vec<ParameterValue>, Vec<FieldProblem>> {
    let mut values = Vec::with_capacity(parameters.len());
    let mut problems = Vec::new();
    for parameter in parameters {
        match resolve_one(parameter, sources) {
            Ok(value) => values.push(ParameterValue::new(&parameter.name, value)),
            Err(problem) => problems.push(FieldProblem { name: parameter.name.clone(), problem }),
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

fn resolve_one(parameter: &Parameter, sources: Sources<'_>) -> Result<String, Problem> {
    let name = parameter.name.as_str();
    let stored = sources.previous.and_then(|previous| find(previous, name));
    let carried = stored.filter(|_| !parameter.ephemeral);
    let given = find(sources.preset, name).or_else(|| find(sources.requested, name)).or(carried);
    let default = (!parameter.required).then_some(parameter.default_value.as_str());
    let value = given.or(default).ok_or_else(missing)?;
    if !parameter.mutable
        && let Some(stored) = stored
        && stored != value
    {
        return Err(Problem::new(
            "Immutable parameter changed",
            format!("parameter {name:?} keeps the value that the workspace was created with ({stored:?})"),
        ));
    }
    check_value(parameter, value, stored)?;
    Ok(value.to_owned())
}

/// The values of a build of a template with the classic flow.
///
/// # Errors
/// The first problem.
pub fn resolve_classic(parameters: &[Parameter], sources: Sources<'_>) -> Result<Vec<ParameterValue>, ClassicProblem> {
    let resolve = |parameter: &Parameter| {
        let fail = |detail: String| ClassicProblem { name: parameter.name.clone(), detail };
        let name = parameter.name.as_str();
        let stored = sources.previous.and_then(|previous| find(previous, name));
        let asked = find(sources.preset, name).or_else(|| find(sources.requested, name));
        if let (Some(asked), Some(stored), false) = (asked, stored, parameter.mutable)
            && asked != stored
        {
            return Err(fail(format!("parameter {name:?} is not mutable")));
        }
        let carried = stored.filter(|_| !parameter.ephemeral);
        let default = (!parameter.required).then_some(parameter.default_value.as_str());
        let value = asked
            .or(carried)
            .or(default)
            .ok_or_else(|| fail("parameter is required but no value was given".to_owned()))?;
        // Without options or validation the classic flow leaves the type to the plan.
        if asked.is_some() && (!parameter.options.is_empty() || parameter.has_validation()) {
            check_value(parameter, value, stored).map_err(|problem| fail(problem.detail))?;
        }
        Ok(ParameterValue::new(name, value))
    };
    parameters.iter().map(resolve).collect()
}
