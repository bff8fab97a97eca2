//! A whole life of the agent against a server in this process: real websocket, relay and coordinator.

mod life;
mod server;
