//! Data sources that describe the template's inputs.

use std::collections::{BTreeMap, HashSet};

use warren_proto::provisioner::{
    ExpirationPolicy, ExternalAuthProviderResource, ParameterFormType, Prebuild, Preset, PresetParameter,
    RichParameter, RichParameterOption, Schedule, Scheduling,
};

use super::value::{Values, blocks, boolean, int32, string_map, text};
use super::{ExtractError, Instance};

/// `coder_parameter` data sources.
pub(super) fn parameters(data: &[&Instance]) -> Result<Vec<RichParameter>, ExtractError> {
    let mut names = HashSet::new();
    let mut found = Vec::new();
    for instance in data.iter().filter(|instance| instance.kind == "coder_parameter") {
        let parameter = parameter(&instance.values);
        if !names.insert(parameter.name.clone()) {
            return Err(ExtractError::DuplicateParameter(parameter.name));
        }
        found.push(parameter);
    }
    Ok(found)
}

fn parameter(values: &Values) -> RichParameter {
    let mut parameter = RichParameter {
        name: text(values, "name"),
        description: text(values, "description"),
        r#type: text(values, "type"),
        mutable: boolean(values, "mutable"),
        default_value: text(values, "default"),
        icon: text(values, "icon"),
        options: blocks(values, "option").map(option).collect(),
        required: !boolean(values, "optional"),
        display_name: text(values, "display_name"),
        order: int32(values, "order"),
        ephemeral: boolean(values, "ephemeral"),
        form_type: form_type(&text(values, "form_type")).into(),
        ..RichParameter::default()
    };
    if let Some(validation) = blocks(values, "validation").next() {
        parameter.validation_regex = text(validation, "regex");
        parameter.validation_error = text(validation, "error");
        parameter.validation_monotonic = text(validation, "monotonic");
        let (min, max) = (int32(validation, "min"), int32(validation, "max"));
        let (with_min, with_max) = if validation.contains_key("min_disabled") {
            (!boolean(validation, "min_disabled"), !boolean(validation, "max_disabled"))
        } else {
            // Providers before 0.8.2 cannot say which bound is meant.
            (min != 0 || max != 0, min != 0 || max != 0)
        };
        parameter.validation_min = with_min.then_some(min);
        parameter.validation_max = with_max.then_some(max);
    }
    parameter
}

fn option(values: &Values) -> RichParameterOption {
    RichParameterOption {
        name: text(values, "name"),
        description: text(values, "description"),
        value: text(values, "value"),
        icon: text(values, "icon"),
    }
}

fn form_type(name: &str) -> ParameterFormType {
    match name {
        "error" => ParameterFormType::FormError,
        "radio" => ParameterFormType::Radio,
        "dropdown" => ParameterFormType::Dropdown,
        "input" => ParameterFormType::Input,
        "textarea" => ParameterFormType::Textarea,
        "slider" => ParameterFormType::Slider,
        "checkbox" => ParameterFormType::Checkbox,
        "switch" => ParameterFormType::Switch,
        "tag-select" => ParameterFormType::Tagselect,
        "multi-select" => ParameterFormType::Multiselect,
        _ => ParameterFormType::Default,
    }
}

/// `coder_workspace_preset` data sources.
pub(super) fn presets(data: &[&Instance]) -> Result<Vec<Preset>, ExtractError> {
    let mut names = HashSet::new();
    let mut found: Vec<Preset> = Vec::new();
    for instance in data.iter().filter(|instance| instance.kind == "coder_workspace_preset") {
        let preset = preset(&instance.values);
        if !names.insert(preset.name.clone()) {
            return Err(ExtractError::Preset(format!(
                "coder_workspace_preset names must be unique but {:?} appears several times",
                preset.name
            )));
        }
        found.push(preset);
    }
    let defaults: Vec<&str> = found.iter().filter(|preset| preset.default).map(|preset| preset.name.as_str()).collect();
    if defaults.len() > 1 {
        return Err(ExtractError::Preset(format!(
            "a maximum of 1 coder_workspace_preset can be the default: {}",
            defaults.join(", ")
        )));
    }
    Ok(found)
}

fn preset(values: &Values) -> Preset {
    let prebuild = blocks(values, "prebuilds").next().map(|values| Prebuild {
        instances: int32(values, "instances"),
        expiration_policy: blocks(values, "expiration_policy")
            .next()
            .map(|values| ExpirationPolicy { ttl: int32(values, "ttl") }),
        scheduling: blocks(values, "scheduling").next().map(|values| Scheduling {
            timezone: text(values, "timezone"),
            schedule: blocks(values, "schedule")
                .map(|values| Schedule { cron: text(values, "cron"), instances: int32(values, "instances") })
                .collect(),
        }),
    });
    Preset {
        name: text(values, "name"),
        parameters: string_map(values, "parameters")
            .into_iter()
            .map(|(name, value)| PresetParameter { name, value })
            .collect(),
        prebuild,
        default: boolean(values, "default"),
        description: text(values, "description"),
        icon: text(values, "icon"),
    }
}

/// External services by id; one that is needed anywhere is not optional.
pub(super) fn external_auth(data: &[&Instance]) -> Vec<ExternalAuthProviderResource> {
    let mut found: BTreeMap<String, bool> = BTreeMap::new();
    for instance in
        data.iter().filter(|instance| matches!(instance.kind.as_str(), "coder_git_auth" | "coder_external_auth"))
    {
        let optional = instance.kind == "coder_external_auth" && boolean(&instance.values, "optional");
        let slot = found.entry(text(&instance.values, "id")).or_insert(true);
        *slot = *slot && optional;
    }
    found.into_iter().map(|(id, optional)| ExternalAuthProviderResource { id, optional }).collect()
}
