//! Template parameters: what the flags give, what the last build had, what must be asked.

mod ask;
mod check;
pub mod inputs;
mod resolve;

pub use inputs::{Inputs, PARAMETER_OPTIONS};
pub use resolve::{Mode, resolve};

use warren_api::{
    OptionType, ParameterFormType, PreviewParameter, TemplateVersionParameter, TemplateVersionParameterOption,
    ValidationMonotonicOrder,
};

/// A parameter of the dynamic flow in the form of the classic one: all that a command line can ask is in it.
pub fn from_preview(preview: &PreviewParameter) -> TemplateVersionParameter {
    let first = preview.validations.first();
    TemplateVersionParameter {
        name: preview.name.clone(),
        display_name: preview.display_name.clone(),
        description: preview.description.clone(),
        description_plaintext: preview.description.clone(),
        kind: if preview.kind == OptionType::Unset { "string".into() } else { preview.kind.as_str().into() },
        form_type: if preview.form_type == ParameterFormType::Unset {
            String::new()
        } else {
            preview.form_type.as_str().into()
        },
        mutable: preview.mutable,
        default_value: if preview.default_value.valid { preview.default_value.value.clone() } else { String::new() },
        icon: preview.icon.clone(),
        options: preview
            .options
            .iter()
            .map(|option| TemplateVersionParameterOption {
                name: option.name.clone(),
                description: option.description.clone(),
                value: option.value.value.clone(),
                icon: option.icon.clone(),
            })
            .collect(),
        validation_error: first.map(|v| v.validation_error.clone()).unwrap_or_default(),
        validation_regex: first.and_then(|v| v.validation_regex.clone()).unwrap_or_default(),
        validation_min: first.and_then(|v| v.validation_min),
        validation_max: first.and_then(|v| v.validation_max),
        validation_monotonic: first
            .and_then(|v| v.validation_monotonic.as_deref())
            .map(ValidationMonotonicOrder::parse)
            .unwrap_or_default(),
        required: preview.required,
        ephemeral: preview.ephemeral,
    }
}

/// The name that people see.
pub fn title(parameter: &TemplateVersionParameter) -> &str {
    if parameter.display_name.is_empty() { &parameter.name } else { &parameter.display_name }
}
