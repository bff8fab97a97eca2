//! Which control a parameter is shown as.

use super::ValueType;

/// A control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FormType {
    Radio,
    Slider,
    Input,
    Dropdown,
    Checkbox,
    Switch,
    MultiSelect,
    TagSelect,
    TextArea,
}

/// A control that does not fit the parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"form_type\" attribute={form_type:?} is not supported for \"type\"={value_type:?}, choose one of {allowed:?}"
)]
pub struct FormTypeError {
    form_type: String,
    value_type: &'static str,
    allowed: Vec<&'static str>,
}

impl FormType {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Radio => "radio",
            Self::Slider => "slider",
            Self::Input => "input",
            Self::Dropdown => "dropdown",
            Self::Checkbox => "checkbox",
            Self::Switch => "switch",
            Self::MultiSelect => "multi-select",
            Self::TagSelect => "tag-select",
            Self::TextArea => "textarea",
        }
    }

    /// The type of each option's value: of a multiple choice, one element of the list.
    pub fn option_type(self, value_type: ValueType) -> ValueType {
        if self == Self::MultiSelect { ValueType::Text } else { value_type }
    }
}

/// The controls for a type; the first is taken when none is written.
fn allowed(value_type: ValueType, has_options: bool) -> [FormType; 2] {
    use FormType::{Checkbox, Dropdown, Input, MultiSelect, Radio, Slider, Switch, TagSelect, TextArea};
    match (value_type, has_options) {
        (ValueType::Text | ValueType::Number | ValueType::Bool, true) => [Radio, Dropdown],
        (ValueType::Text, false) => [Input, TextArea],
        (ValueType::Number, false) => [Input, Slider],
        (ValueType::Bool, false) => [Checkbox, Switch],
        (ValueType::TextList, true) => [Radio, MultiSelect],
        (ValueType::TextList, false) => [TagSelect, TagSelect],
    }
}

/// The control of a parameter; `written` is empty when the configuration leaves it open.
pub fn resolve(value_type: ValueType, has_options: bool, written: &str) -> Result<FormType, FormTypeError> {
    let allowed = allowed(value_type, has_options);
    if written.is_empty() {
        return Ok(allowed[0]);
    }
    allowed.into_iter().find(|form_type| form_type.as_str() == written).ok_or_else(|| {
        let mut allowed: Vec<_> = allowed.iter().map(|f| f.as_str()).collect();
        allowed.dedup();
        FormTypeError { form_type: written.to_owned(), value_type: value_type.as_str(), allowed }
    })
}
