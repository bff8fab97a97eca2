//! From messages of the protocol to what is stored, and back.

use jiff::Timestamp;
use uuid::Uuid;
use warren_api::{Preset, PresetParameter, TemplateVersionVariable, WorkspaceBuildParameter};
use warren_db::jobs::JobTimingRow;
use warren_proto::provisioner as proto;
use warren_template::parameters::{Parameter, ParameterOption, sort_for_form};

pub(super) fn parameter_values(values: &[WorkspaceBuildParameter]) -> Vec<proto::RichParameterValue> {
    values
        .iter()
        .map(|value| proto::RichParameterValue { name: value.name.clone(), value: value.value.clone() })
        .collect()
}

/// Variables with the values that were given for them, else their defaults.
pub(super) fn variables(
    declared: Vec<proto::TemplateVariable>,
    given: &[proto::VariableValue],
) -> Vec<TemplateVersionVariable> {
    let stored = |declared: proto::TemplateVariable| {
        let value = given.iter().rev().find(|value| value.name == declared.name).map(|value| value.value.clone());
        TemplateVersionVariable {
            value: value.unwrap_or_else(|| declared.default_value.clone()),
            name: declared.name,
            description: declared.description,
            kind: declared.r#type,
            default_value: declared.default_value,
            required: declared.required,
            sensitive: declared.sensitive,
        }
    };
    declared.into_iter().map(stored).collect()
}

pub(super) fn variable_values(variables: &[TemplateVersionVariable]) -> Vec<proto::VariableValue> {
    let value = |variable: &TemplateVersionVariable| proto::VariableValue {
        name: variable.name.clone(),
        value: variable.value.clone(),
        sensitive: variable.sensitive,
    };
    variables.iter().map(value).collect()
}

/// Parameters in the order of their form.
pub(super) fn parameters(found: Vec<proto::RichParameter>) -> Vec<Parameter> {
    let mut parameters: Vec<_> = found.into_iter().map(parameter).collect();
    sort_for_form(&mut parameters);
    parameters
}

fn parameter(found: proto::RichParameter) -> Parameter {
    let option = |option: proto::RichParameterOption| ParameterOption {
        name: option.name,
        description: option.description,
        value: option.value,
        icon: option.icon,
    };
    Parameter {
        form_type: form_type(found.form_type(), &found.r#type, !found.options.is_empty()).to_owned(),
        name: found.name,
        display_name: found.display_name,
        description: found.description,
        kind: found.r#type,
        mutable: found.mutable,
        default_value: found.default_value,
        icon: found.icon,
        options: found.options.into_iter().map(option).collect(),
        validation_regex: found.validation_regex,
        validation_error: found.validation_error,
        validation_min: found.validation_min.map(i64::from),
        validation_max: found.validation_max.map(i64::from),
        validation_monotonic: found.validation_monotonic,
        required: found.required,
        order: i64::from(found.order),
        ephemeral: found.ephemeral,
    }
}

/// The form's name; daemons before 1.6 do not send one, so the default of the type takes its place.
fn form_type(form: proto::ParameterFormType, kind: &str, has_options: bool) -> &'static str {
    use proto::ParameterFormType as Form;
    match form {
        Form::Default => match kind {
            _ if has_options => "radio",
            "bool" => "checkbox",
            "list(string)" => "tag-select",
            _ => "input",
        },
        Form::FormError => "error",
        Form::Radio => "radio",
        Form::Dropdown => "dropdown",
        Form::Input => "input",
        Form::Textarea => "textarea",
        Form::Slider => "slider",
        Form::Checkbox => "checkbox",
        Form::Switch => "switch",
        Form::Tagselect => "tag-select",
        Form::Multiselect => "multi-select",
    }
}

pub(super) fn presets(found: Vec<proto::Preset>) -> Vec<Preset> {
    let preset = |preset: proto::Preset| Preset {
        id: Uuid::new_v4().to_string(),
        name: preset.name,
        parameters: preset.parameters.into_iter().map(|p| PresetParameter { name: p.name, value: p.value }).collect(),
        default: preset.default,
        desired_prebuild_instances: Some(preset.prebuild.map_or(0, |prebuild| i64::from(prebuild.instances))),
        description: preset.description,
        icon: preset.icon,
    };
    found.into_iter().map(preset).collect()
}

/// Steps with a start, an end and a known stage.
pub(super) fn timings(job: Uuid, found: Vec<proto::Timing>) -> Vec<JobTimingRow> {
    let step = |timing: proto::Timing| {
        matches!(timing.stage.as_str(), "init" | "plan" | "graph" | "apply").then_some(())?;
        Some(JobTimingRow {
            job_id: job,
            started_at: timestamp(timing.start?)?,
            ended_at: timestamp(timing.end?)?,
            stage: timing.stage,
            source: timing.source,
            action: timing.action,
            resource: timing.resource,
        })
    };
    found.into_iter().filter_map(step).collect()
}

fn timestamp(found: prost_types::Timestamp) -> Option<Timestamp> {
    let micros = found.seconds.checked_mul(1_000_000)?.checked_add(i64::from(found.nanos) / 1_000)?;
    Timestamp::from_microsecond(micros).ok()
}
