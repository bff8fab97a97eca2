//! The values and the preset of a build.

use warren_api::WorkspaceBuildParameter;
use warren_db::versions::VersionImportRow;
use warren_template::parameters::{ParameterValue, Sources, resolve_classic, resolve_dynamic};

use crate::Error;

/// A preset of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Preset {
    pub id: uuid::Uuid,
    pub values: Vec<ParameterValue>,
}

/// The presets of a version.
pub(super) fn presets(import: &VersionImportRow) -> Vec<Preset> {
    let preset = |preset: &warren_api::Preset| {
        let values = preset.parameters.iter().map(|value| ParameterValue::new(&value.name, &value.value)).collect();
        Some(Preset { id: preset.id.parse().ok()?, values })
    };
    import.presets.0.iter().filter_map(preset).collect()
}

/// How values are found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'a> {
    pub classic: bool,
    /// The build changes neither version nor values: what is stored stays, whatever the rules say by now.
    pub carry: bool,
    pub requested: &'a [WorkspaceBuildParameter],
    pub previous: Option<&'a [WorkspaceBuildParameter]>,
    pub preset: Option<&'a Preset>,
}

pub(super) fn resolve(import: &VersionImportRow, rules: Rules<'_>) -> Result<Vec<WorkspaceBuildParameter>, Error> {
    if let (true, Some(previous)) = (rules.carry, rules.previous) {
        return Ok(previous.to_vec());
    }
    let values = |list: &[WorkspaceBuildParameter]| {
        list.iter().map(|value| ParameterValue::new(&value.name, &value.value)).collect::<Vec<_>>()
    };
    let (requested, previous) = (values(rules.requested), rules.previous.map(values));
    let sources = Sources {
        requested: &requested,
        preset: rules.preset.map_or(&[], |preset| &preset.values),
        previous: previous.as_deref(),
    };
    let resolved = if rules.classic {
        resolve_classic(&import.parameters.0, sources).map_err(Error::Parameter)?
    } else {
        resolve_dynamic(&import.parameters.0, sources).map_err(Error::Parameters)?
    };
    let value = |value: ParameterValue| WorkspaceBuildParameter { name: value.name, value: value.value };
    Ok(resolved.into_iter().map(value).collect())
}

/// The preset that describes these values best: the one with most values, all of which are equal.
pub(super) fn matching_preset<'a>(presets: &'a [Preset], values: &[WorkspaceBuildParameter]) -> Option<&'a Preset> {
    let fits = |preset: &&Preset| {
        !preset.values.is_empty()
            && preset
                .values
                .iter()
                .all(|wanted| values.iter().any(|value| value.name == wanted.name && value.value == wanted.value))
    };
    presets.iter().filter(fits).max_by_key(|preset| preset.values.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preset_with_most_equal_values_matches() {
        let preset = |values: &[(&str, &str)]| Preset {
            id: uuid::Uuid::new_v4(),
            values: values.iter().map(|(name, value)| ParameterValue::new(*name, *value)).collect(),
        };
        let presets =
            [preset(&[("a", "1")]), preset(&[("a", "1"), ("b", "2")]), preset(&[("a", "1"), ("b", "3")]), preset(&[])];
        let value = |name: &str, value: &str| WorkspaceBuildParameter { name: name.into(), value: value.into() };
        assert_eq!(matching_preset(&presets, &[value("a", "1"), value("b", "2")]), Some(&presets[1]));
        assert_eq!(matching_preset(&presets, &[value("a", "1")]), Some(&presets[0]));
        assert_eq!(matching_preset(&presets, &[value("a", "2")]), None);
    }
}
