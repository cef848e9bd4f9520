//! The sandbox: an HTTP server on loopback that speaks the Postman API, as strict as the real one.
//!
//! `running` starts it; `server` has the sockets, `machine` what happens between a request and its response, `routes` the
//! operations. It shares no type with the client: what one side got wrong shows at the other.

pub mod admin;
pub mod answer;
pub mod api_schemas;
pub mod api_versions;
pub mod apis;
pub mod call;
pub mod clock;
pub mod collection_body;
pub mod collections;
pub mod diary;
pub mod environments;
pub mod fault;
pub mod generation;
pub mod limits;
pub mod machine;
pub mod members;
pub mod options;
pub mod reading;
pub mod record;
pub mod routes;
pub mod running;
pub mod seed;
pub mod server;
pub mod shelf;
pub mod spec_files;
pub mod specs;
pub mod store;
pub mod tasks;
pub mod workspaces;
