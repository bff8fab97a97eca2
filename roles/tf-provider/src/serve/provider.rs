//! The calls of the provider service: wire forms in and out, the work elsewhere.

use bytes::Bytes;
use tonic::{Request, Response, Status};
use warren_tfplugin::tfplugin5 as pb;
use warren_tfplugin::tfplugin5::provider_server::Provider;

use crate::check::check;
use crate::engine::{apply, conform, plan, read_data_source};
use crate::findings::{self, Finding};
use crate::resource;
use crate::schema::{Block, PROVIDER, Schema, find_data_source, find_resource, provider_schema};
use crate::session::Session;
use crate::value::{Object, Value};

/// The provider of one process.
pub struct Service {
    session: Session,
}

impl Service {
    /// Serves this session.
    pub fn new(session: Session) -> Self {
        Self { session }
    }
}

type Answer<T> = Result<Response<T>, Status>;

fn resource_schema(name: &str) -> Result<&'static Schema, Status> {
    find_resource(name).ok_or_else(|| Status::not_found(format!("no resource type {name:?}")))
}

fn data_source_schema(name: &str) -> Result<&'static Schema, Status> {
    find_data_source(name).ok_or_else(|| Status::not_found(format!("no data source type {name:?}")))
}

/// A value in the form of the schema; none for null.
fn read(block: &Block, value: Option<pb::DynamicValue>) -> Result<Option<Object>, Status> {
    let value = value.unwrap_or_default();
    let decoded = match (value.msgpack.is_empty(), value.json.is_empty()) {
        (false, _) => Value::from_msgpack(&value.msgpack),
        (true, false) => Value::from_json(&value.json),
        (true, true) => Ok(Value::Null),
    };
    match decoded.map_err(|error| Status::invalid_argument(error.to_string()))? {
        Value::Object(object) => Ok(Some(conform(block, object))),
        Value::Null => Ok(None),
        _ => Err(Status::invalid_argument("expected an object")),
    }
}

/// The same where Terraform never sends null.
fn read_config(block: &Block, value: Option<pb::DynamicValue>) -> Result<Object, Status> {
    Ok(read(block, value)?.unwrap_or_else(|| conform(block, Object::new())))
}

fn write(value: &Value) -> Option<pb::DynamicValue> {
    Some(pb::DynamicValue { msgpack: value.to_msgpack().into(), json: Bytes::new() })
}

fn write_object(object: Option<Object>) -> Option<pb::DynamicValue> {
    write(&object.map_or(Value::Null, Value::Object))
}

#[tonic::async_trait]
impl Provider for Service {
    async fn get_schema(
        &self,
        _request: Request<pb::get_provider_schema::Request>,
    ) -> Answer<pb::get_provider_schema::Response> {
        Ok(Response::new(provider_schema()))
    }

    async fn prepare_provider_config(
        &self,
        request: Request<pb::prepare_provider_config::Request>,
    ) -> Answer<pb::prepare_provider_config::Response> {
        let config = read_config(&PROVIDER, request.into_inner().config)?;
        let config = self.session.prepare(config);
        let diagnostics = findings::to_wire(&check(&PROVIDER, &config));
        Ok(Response::new(pb::prepare_provider_config::Response {
            prepared_config: write_object(Some(config)),
            diagnostics,
        }))
    }

    async fn validate_resource_type_config(
        &self,
        request: Request<pb::validate_resource_type_config::Request>,
    ) -> Answer<pb::validate_resource_type_config::Response> {
        let request = request.into_inner();
        let block = &resource_schema(&request.type_name)?.block;
        let config = read_config(block, request.config)?;
        let diagnostics = findings::to_wire(&check(block, &config));
        Ok(Response::new(pb::validate_resource_type_config::Response { diagnostics }))
    }

    async fn validate_data_source_config(
        &self,
        request: Request<pb::validate_data_source_config::Request>,
    ) -> Answer<pb::validate_data_source_config::Response> {
        let request = request.into_inner();
        let block = &data_source_schema(&request.type_name)?.block;
        let config = read_config(block, request.config)?;
        let diagnostics = findings::to_wire(&check(block, &config));
        Ok(Response::new(pb::validate_data_source_config::Response { diagnostics }))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<pb::upgrade_resource_state::Request>,
    ) -> Answer<pb::upgrade_resource_state::Response> {
        let request = request.into_inner();
        let block = &resource_schema(&request.type_name)?.block;
        let json = request.raw_state.unwrap_or_default().json;
        if json.is_empty() {
            let error = Finding::error("The stored resource is of a form that is no longer read")
                .detail("It was written by Terraform 0.11 or older.");
            return Ok(Response::new(pb::upgrade_resource_state::Response {
                upgraded_state: None,
                diagnostics: findings::to_wire(&[error]),
            }));
        }
        let stored = pb::DynamicValue { msgpack: Bytes::new(), json };
        Ok(Response::new(pb::upgrade_resource_state::Response {
            upgraded_state: write_object(read(block, Some(stored))?),
            diagnostics: Vec::new(),
        }))
    }

    async fn configure(&self, request: Request<pb::configure::Request>) -> Answer<pb::configure::Response> {
        let config = read_config(&PROVIDER, request.into_inner().config)?;
        let refused: Vec<_> = self.session.configure(config).err().into_iter().collect();
        let diagnostics = findings::to_wire(&refused);
        Ok(Response::new(pb::configure::Response { diagnostics }))
    }

    async fn read_resource(&self, request: Request<pb::read_resource::Request>) -> Answer<pb::read_resource::Response> {
        let request = request.into_inner();
        let schema = resource_schema(&request.type_name)?;
        let state = read(&schema.block, request.current_state)?;
        let state = state.map(|state| resource::refresh(schema.name, &self.session, state));
        Ok(Response::new(pb::read_resource::Response {
            new_state: write_object(state),
            diagnostics: Vec::new(),
            private: request.private,
        }))
    }

    async fn plan_resource_change(
        &self,
        request: Request<pb::plan_resource_change::Request>,
    ) -> Answer<pb::plan_resource_change::Response> {
        let request = request.into_inner();
        let schema = resource_schema(&request.type_name)?;
        let mut response = pb::plan_resource_change::Response {
            planned_private: request.prior_private,
            // Lets defaults fill attributes that the schema calls optional and not computed.
            legacy_type_system: true,
            ..Default::default()
        };
        let prior = read(&schema.block, request.prior_state)?;
        match read(&schema.block, request.proposed_new_state)? {
            // A destruction.
            None => response.planned_state = write(&Value::Null),
            Some(proposed) => {
                let planned = plan(schema, prior.as_ref(), &proposed);
                let refused = resource::check_plan(schema.name, &planned.state);
                response.diagnostics = findings::to_wire(refused.as_slice());
                response.requires_replace = findings::paths_to_wire(&planned.replace);
                response.planned_state = write_object(Some(planned.state));
            }
        }
        Ok(Response::new(response))
    }

    async fn apply_resource_change(
        &self,
        request: Request<pb::apply_resource_change::Request>,
    ) -> Answer<pb::apply_resource_change::Response> {
        let request = request.into_inner();
        let schema = resource_schema(&request.type_name)?;
        let mut response = pb::apply_resource_change::Response {
            private: request.planned_private,
            legacy_type_system: true,
            ..Default::default()
        };
        let prior = read(&schema.block, request.prior_state)?;
        let planned = read(&schema.block, request.planned_state)?;
        response.new_state = match (prior, planned) {
            (None, Some(planned)) => {
                let config = read_config(&schema.block, request.config)?;
                let (state, findings) = apply(schema, &self.session, &config, planned);
                response.diagnostics = findings::to_wire(&findings);
                write_object(Some(state))
            }
            // A destruction, or a plan without a difference.
            (_, planned) => write_object(planned),
        };
        Ok(Response::new(response))
    }

    async fn import_resource_state(
        &self,
        request: Request<pb::import_resource_state::Request>,
    ) -> Answer<pb::import_resource_state::Response> {
        let name = request.into_inner().type_name;
        let error = Finding::error(format!("resource {name} doesn't support import"));
        Ok(Response::new(pb::import_resource_state::Response {
            imported_resources: Vec::new(),
            diagnostics: findings::to_wire(&[error]),
        }))
    }

    async fn read_data_source(
        &self,
        request: Request<pb::read_data_source::Request>,
    ) -> Answer<pb::read_data_source::Response> {
        let request = request.into_inner();
        let schema = data_source_schema(&request.type_name)?;
        let config = read_config(&schema.block, request.config)?;
        let (state, findings) = read_data_source(schema, &self.session, &config);
        Ok(Response::new(pb::read_data_source::Response {
            state: write_object(state),
            diagnostics: findings::to_wire(&findings),
        }))
    }

    async fn stop(&self, _request: Request<pb::stop::Request>) -> Answer<pb::stop::Response> {
        // No call takes long enough to be worth interrupting.
        Ok(Response::new(pb::stop::Response::default()))
    }
}
