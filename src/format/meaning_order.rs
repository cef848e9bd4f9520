//! In which order the keys of Postman's objects stand in a canonical text: as its own exports have them.

/// The place of a key among others; keys without one follow by the alphabet.
pub fn rank(key: &str) -> u8 {
    match key {
        "$kind" | "info" | "openapi" | "swagger" | "asyncapi" => 1,
        "listen" => 2,
        "name" | "key" | "raw" | "mode" => 3,
        "type" | "value" | "protocol" => 4,
        "description" | "host" => 5,
        "schema" | "port" => 6,
        "path" | "servers" => 7,
        "method" => 8,
        "url" => 9,
        "auth" => 10,
        "header" | "headers" => 11,
        "query" | "queryParams" => 12,
        "variable" | "pathVariables" | "variables" | "values" => 13,
        "body" => 14,
        "event" | "scripts" | "script" | "exec" => 15,
        "request" | "originalRequest" => 16,
        "status" | "code" => 17,
        "paths" | "channels" => 18,
        "item" | "items" => 19,
        "response" | "examples" => 20,
        "components" => 21,
        _ => u8::MAX,
    }
}
