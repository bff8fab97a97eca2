//! Parameters: the list of the import, and forms that answer with them.

use std::collections::BTreeMap;

use uuid::Uuid;
use warren_api::{
    DiagnosticExtra, DiagnosticSeverityString, DynamicParametersRequest, DynamicParametersResponse, FriendlyDiagnostic,
    NullHclString, OptionType, ParameterFormType, PreviewParameter, PreviewParameterOption, PreviewParameterStyling,
    PreviewParameterValidation, TemplateVersionParameter, TemplateVersionParameterOption, ValidationMonotonicOrder,
};
use warren_builds::DYNAMIC_SINCE;
use warren_db::workspaces::find_owner;
use warren_rbac::Action;
use warren_template::parameters::{Parameter, Problem, Rendered, render};

use super::found::{finished, import};
use super::load;
use crate::{Cx, Result};

/// The parameters in the order of the form.
///
/// # Errors
/// 404, 425 while the import runs.
pub async fn list_rich_parameters(cx: &Cx, id: Uuid) -> Result<Vec<TemplateVersionParameter>> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, id, Action::Read).await?;
    finished(&row, 425)?;
    Ok(import(&conn, id).await?.parameters.0.into_iter().map(shown).collect())
}

fn shown(found: Parameter) -> TemplateVersionParameter {
    let option = |option: warren_template::parameters::ParameterOption| TemplateVersionParameterOption {
        description: option.description,
        icon: option.icon,
        name: option.name,
        value: option.value,
    };
    TemplateVersionParameter {
        default_value: found.default_value,
        description_plaintext: plain(&found.description),
        description: found.description,
        display_name: found.display_name,
        ephemeral: found.ephemeral,
        form_type: found.form_type,
        icon: found.icon,
        mutable: found.mutable,
        name: found.name,
        options: found.options.into_iter().map(option).collect(),
        required: found.required,
        kind: found.kind,
        validation_error: found.validation_error,
        validation_max: found.validation_max,
        validation_min: found.validation_min,
        validation_monotonic: ValidationMonotonicOrder::parse(&found.validation_monotonic),
        validation_regex: found.validation_regex,
    }
}

/// Markdown without its marks: links as their text, no emphasis, no headings.
fn plain(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    let mut rest = markdown;
    while let Some((before, tail)) = rest.split_once('[') {
        text.push_str(before);
        match tail.split_once("](").and_then(|(label, tail)| Some((label, tail.split_once(')')?.1))) {
            Some((label, tail)) if !label.contains('[') => {
                text.push_str(label);
                rest = tail;
            }
            _ => {
                text.push('[');
                rest = tail;
            }
        }
    }
    text.push_str(rest);
    let lines = text.lines().map(|line| line.trim_start_matches('#').trim());
    lines.collect::<Vec<_>>().join("\n").replace(['*', '`'], "").trim().to_owned()
}

/// For whom a form is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormOwner {
    /// A user, known or not.
    User(Uuid),
    /// Nobody was named.
    Nobody,
}

/// A form of a version's parameters: answers each change with every parameter, its value and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Form {
    parameters: Vec<Parameter>,
    /// The import cannot be evaluated again, so that values and options never change with other values.
    frozen: bool,
}

/// Opens the form of a version.
///
/// # Errors
/// 404, 425 while the import runs.
pub async fn open_form(cx: &Cx, version: Uuid) -> Result<Form> {
    let conn = cx.db().conn().await?;
    let row = load(cx, &conn, version, Action::Read).await?;
    finished(&row, 425)?;
    let import = import(&conn, version).await?;
    Ok(Form { parameters: import.parameters.0, frozen: !is_dynamic(&import.daemon_api_version) })
}

fn is_dynamic(version: &str) -> bool {
    let number = |text: &str| text.parse::<u32>().ok();
    let read = version.split_once('.').and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    read.is_some_and(|read| read >= DYNAMIC_SINCE)
}

/// One answer of a form, by request. The id is not kept.
///
/// # Errors
/// 404, 425 while the import runs.
pub async fn evaluate_parameters(
    cx: &Cx,
    version: Uuid,
    request: DynamicParametersRequest,
) -> Result<DynamicParametersResponse> {
    let form = open_form(cx, version).await?;
    let owner = if request.owner_id.is_nil() { FormOwner::Nobody } else { FormOwner::User(request.owner_id) };
    form.answer(cx, 0, owner, &request.inputs).await
}

impl Form {
    /// The parameters for these inputs.
    ///
    /// # Errors
    /// The database failed.
    pub async fn answer(
        &self,
        cx: &Cx,
        id: i64,
        owner: FormOwner,
        inputs: &BTreeMap<String, String>,
    ) -> Result<DynamicParametersResponse> {
        // What cannot be evaluated is the same for everybody.
        if !self.frozen && !self.knows(cx, owner).await? {
            let mut unknown = diagnostic(
                DiagnosticSeverityString::Error,
                "Failed to fetch workspace owner",
                "The user does not exist, or you may not see them.",
            );
            unknown.extra = DiagnosticExtra { code: "owner_not_found".into() };
            return Ok(DynamicParametersResponse { diagnostics: vec![unknown], id, parameters: None });
        }
        let diagnostics = if self.frozen {
            vec![diagnostic(
                DiagnosticSeverityString::Warning,
                "This template version cannot evaluate its parameters again.",
                "Import the template as a new version to use dynamic parameters.",
            )]
        } else {
            Vec::new()
        };
        let parameters = render(&self.parameters, inputs).into_iter().map(preview).collect();
        Ok(DynamicParametersResponse { diagnostics, id, parameters: Some(parameters) })
    }

    async fn knows(&self, cx: &Cx, owner: FormOwner) -> Result<bool> {
        match owner {
            FormOwner::Nobody => Ok(false),
            FormOwner::User(id) if id == cx.actor.user_id => Ok(true),
            FormOwner::User(id) => Ok(find_owner(&cx.db().conn().await?, Some(id), None).await?.is_some()),
        }
    }
}

fn diagnostic(severity: DiagnosticSeverityString, summary: &str, detail: &str) -> FriendlyDiagnostic {
    FriendlyDiagnostic {
        detail: detail.to_owned(),
        extra: DiagnosticExtra::default(),
        severity,
        summary: summary.to_owned(),
    }
}

fn problem(found: Problem) -> FriendlyDiagnostic {
    FriendlyDiagnostic {
        detail: found.detail,
        extra: DiagnosticExtra { code: found.code.to_owned() },
        severity: DiagnosticSeverityString::Error,
        summary: found.summary,
    }
}

fn preview(rendered: Rendered<'_>) -> PreviewParameter {
    let Rendered { parameter, value, problems } = rendered;
    let known = |value: &str| NullHclString { valid: true, value: value.to_owned() };
    let unknown = || NullHclString { valid: false, value: String::new() };
    let option = |option: &warren_template::parameters::ParameterOption| PreviewParameterOption {
        description: option.description.clone(),
        icon: option.icon.clone(),
        name: option.name.clone(),
        value: known(&option.value),
    };
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let validation = parameter.has_validation().then(|| PreviewParameterValidation {
        validation_error: parameter.validation_error.clone(),
        validation_max: parameter.validation_max,
        validation_min: parameter.validation_min,
        validation_monotonic: text(&parameter.validation_monotonic),
        validation_regex: text(&parameter.validation_regex),
    });
    PreviewParameter {
        default_value: if parameter.required { unknown() } else { known(&parameter.default_value) },
        description: parameter.description.clone(),
        diagnostics: problems.into_iter().map(problem).collect(),
        display_name: parameter.display_name.clone(),
        ephemeral: parameter.ephemeral,
        form_type: ParameterFormType::parse(&parameter.form_type),
        icon: parameter.icon.clone(),
        mutable: parameter.mutable,
        name: parameter.name.clone(),
        options: parameter.options.iter().map(option).collect(),
        order: parameter.order,
        required: parameter.required,
        styling: PreviewParameterStyling::default(),
        kind: OptionType::parse(&parameter.kind),
        validations: validation.into_iter().collect(),
        value: value.as_deref().map_or_else(unknown, known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_lose_their_marks() {
        assert_eq!(plain("## Size\nSee [the docs](https://x.y) for **more** `cpu`"), "Size\nSee the docs for more cpu");
        assert_eq!(plain("a [b c"), "a [b c");
    }

    #[test]
    fn old_daemons_leave_forms_frozen() {
        assert!(is_dynamic("1.18") && is_dynamic("1.6") && !is_dynamic("1.5") && !is_dynamic(""));
    }
}
