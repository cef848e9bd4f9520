//! The one table of what does not count in a document: fields that Postman writes by itself, defaults that it fills in,
//! and things that can be written in several ways. `docs/canonical.md` is made from it.

use std::sync::LazyLock;

/// What kind of object a value is, or for a list, its items. What is named nowhere else is a plain value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Within {
    /// A whole collection of version 2.
    Collection,
    /// `info` of the collection.
    Info,
    /// A folder or a request.
    Item,
    /// The request of an item, or the one a saved response answers.
    Request,
    /// A URL, as a string or taken apart.
    Url,
    /// A query parameter.
    Query,
    /// A path variable.
    PathVariable,
    /// A header.
    Header,
    /// The body of a request.
    Body,
    /// A field of a form in a body.
    FormField,
    /// How a request authorises itself.
    Auth,
    /// One parameter of it.
    AuthParameter,
    /// A variable of a collection, folder or request.
    Variable,
    /// A description, as a string or an object.
    Description,
    /// A saved response.
    Response,
    /// An event with its script.
    Event,
    /// A script of an event.
    Script,
    /// The lines of a script.
    Lines,
    /// `protocolProfileBehavior`.
    Behaviour,
    /// A whole environment, or globals.
    Environment,
    /// The same for globals.
    Globals,
    /// A variable of it.
    EnvironmentValue,
    /// A request of a collection of version 3.
    RequestFile,
    /// A saved example of it, and the request in there.
    ExampleFile,
    /// The definition of a collection of version 3, or of a folder in it.
    DefinitionFile,
    /// A header of version 3.
    HeaderEntry,
    /// A path variable or a credential of version 3.
    NamedEntry,
    /// A query parameter or a variable of version 3.
    OrderedEntry,
    /// Authorisation of version 3.
    AuthEntry,
    /// Parameters of one kind of authorisation, as a list or an object.
    AuthParameters,
    /// Headers of version 3, as a list or a mapping.
    HeaderMap,
    /// Path variables or credentials of version 3, as a list or a mapping.
    NamedMap,
    /// Query parameters or variables of version 3, as a list or a mapping.
    OrderedMap,
    /// Anything that is a file in a collection of version 3; its `$kind` says what.
    TreeEntry,
    /// The address of the schema in `info`.
    SchemaAddress,
    /// A whole API definition.
    Definition,
    /// `components` of an API definition.
    Components,
    /// Any object of an API definition that is not data of the user.
    DefinitionPart,
    /// A map from names to schemas.
    SchemaMap,
    /// A schema of an API definition.
    Schema,
    /// A list of names that is a set.
    Set,
    /// Data in which everything counts but the order of keys.
    Value,
}

/// What is done with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It is no part of the meaning.
    Volatile,
    /// It is no part of the meaning where the object is named by this other field.
    VolatileBeside(&'static str),
    /// It is left out where it is one of these.
    Absent(&'static [Empty]),
    /// It is left out where it has the value of this other field.
    SameAs(&'static str),
    /// It names the type of `value` and is left out where the value shows it, or any is allowed.
    TypeOfValue,
    /// It is written where it is missing, by what the document is.
    Filled,
    /// It can be written in several ways, which are the same.
    Written,
    /// The order of the list does not count.
    Unordered,
    /// The order of the list counts among entries of one name only.
    OrderedByName,
}

/// A value that says as much as no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// `null`
    Null,
    /// A text without characters.
    Text,
    /// A list without items.
    List,
    /// An object without members.
    Object,
    /// `false`
    False,
    /// `true`
    True,
    /// Any text.
    AnyText,
    /// This text.
    Word(&'static str),
    /// Whatever has nothing left in canonical form: a description without text, a script without lines, events without
    /// scripts.
    Nothing,
}

/// A field whose presence, value or writing does not always count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// In which objects.
    pub within: Within,
    /// The key; `*` stands for every key that has no line of its own there.
    pub key: &'static str,
    /// What is done with it.
    pub treatment: Treatment,
    /// Why.
    pub reason: &'static str,
}

const fn field(
    within: Within,
    key: &'static str,
    treatment: Treatment,
    reason: &'static str,
) -> Field {
    Field {
        within,
        key,
        treatment,
        reason,
    }
}

const ID: &str = "handed out anew by imports, forks and some exports";
const UID: &str = "the id with its owner, as the Postman API writes it";
const CREATED: &str = "when it was made in Postman";
const UPDATED: &str = "when it was last changed in Postman";
const AUTHOR: &str = "who changed it last in Postman";
const OWNER: &str = "whom it belongs to in Postman";
const NO_DESCRIPTION: &str =
    "a description without text says nothing, and exports differ in whether they write one";
const DESCRIPTION: &str =
    "a string and an object with the type `text/plain`, which is the default, are the same";
const NO_LIST: &str = "exports differ in whether they write empty lists";
const NO_OBJECT: &str = "exports differ in whether they write empty objects";
const ENABLED: &str = "what is not disabled is enabled";
const SHOWN: &str = "Postman casts the value to this type, which changes nothing where it has it already; `any` never does";
const NAMED: &str =
    "an entry of a list of variables is known by its key; without a key the id is the key";
const SESSION: &str = "a current value, which belongs to one person's session";
const NO_SCRIPTS: &str = "Postman writes events with empty scripts into exports";
const SCRIPT_ORDER: &str =
    "scripts of one kind run in their order; kinds do not wait for each other in the file";
const PAIRS: &str = "a mapping and a list of `key` and `value` are the same";

/// Every field that is treated in a special way, grouped by place.
pub const FIELDS: &[Field] = {
    use Empty::{AnyText, False, List, Nothing, Null, Object, Text, True, Word};
    use Treatment::{
        Absent, Filled, OrderedByName, SameAs, TypeOfValue, Unordered, Volatile, VolatileBeside,
        Written,
    };
    use Within::{
        Auth, AuthEntry, AuthParameter, Behaviour, Body, Collection, DefinitionFile, Environment,
        EnvironmentValue, Event, ExampleFile, FormField, Header, HeaderEntry, Info, Item,
        NamedEntry, OrderedEntry, PathVariable, Query, Request, RequestFile, Response, Schema,
        Script, Url, Variable,
    };
    &[
        field(
            Collection,
            "item",
            Filled,
            "a collection without the list has no requests",
        ),
        field(Collection, "event", Absent(&[Null, Nothing]), NO_SCRIPTS),
        field(Collection, "event", OrderedByName, SCRIPT_ORDER),
        field(Collection, "variable", Absent(&[Null, List]), NO_LIST),
        field(
            Collection,
            "variables",
            Absent(&[List]),
            "old exports write this empty list beside `variable`",
        ),
        field(
            Collection,
            "protocolProfileBehavior",
            Absent(&[Object]),
            NO_OBJECT,
        ),
        field(
            Collection,
            "auth",
            Written,
            "see the fields of authorisation",
        ),
        field(
            Info,
            "_postman_id",
            Volatile,
            "the id of the collection in the workspace it was exported from",
        ),
        field(Info, "_exporter_id", Volatile, "who exported it"),
        field(
            Info,
            "_collection_link",
            Volatile,
            "where it was exported from",
        ),
        field(
            Info,
            "_uid",
            Volatile,
            "the id with its owner; the mapping rules look at it",
        ),
        field(Info, "uid", Volatile, UID),
        field(Info, "createdAt", Volatile, CREATED),
        field(Info, "updatedAt", Volatile, UPDATED),
        field(Info, "lastUpdatedBy", Volatile, AUTHOR),
        field(Info, "owner", Volatile, OWNER),
        field(
            Info,
            "fork",
            Volatile,
            "from where it was forked in Postman",
        ),
        field(
            Info,
            "schema",
            Written,
            "Postman moved its schemas between hosts and paths; the version in the address counts",
        ),
        field(
            Info,
            "description",
            Absent(&[Null, Nothing]),
            NO_DESCRIPTION,
        ),
        field(Info, "description", Written, DESCRIPTION),
        field(Item, "id", Volatile, ID),
        field(Item, "uid", Volatile, UID),
        field(
            Item,
            "_postman_id",
            Volatile,
            "the id under the name that older exports use",
        ),
        field(
            Item,
            "_postman_isSubFolder",
            Volatile,
            "follows from where the folder lies",
        ),
        field(Item, "createdAt", Volatile, CREATED),
        field(Item, "updatedAt", Volatile, UPDATED),
        field(Item, "lastUpdatedBy", Volatile, AUTHOR),
        field(Item, "owner", Volatile, OWNER),
        field(
            Item,
            "description",
            Absent(&[Null, Nothing]),
            NO_DESCRIPTION,
        ),
        field(Item, "description", Written, DESCRIPTION),
        field(Item, "event", Absent(&[Null, Nothing]), NO_SCRIPTS),
        field(Item, "event", OrderedByName, SCRIPT_ORDER),
        field(Item, "variable", Absent(&[Null, List]), NO_LIST),
        field(
            Item,
            "request",
            Written,
            "a string is a GET request of that URL",
        ),
        field(Item, "response", Absent(&[List]), NO_LIST),
        field(
            Item,
            "response",
            Unordered,
            "exports write saved responses in changing order",
        ),
        field(
            Item,
            "protocolProfileBehavior",
            Absent(&[Object]),
            NO_OBJECT,
        ),
        field(
            Item,
            "protocolProfileBehavior",
            Written,
            "`disableBodyPruning` does nothing to a request without a body, or whose method always sends one; the server adds it",
        ),
        field(
            Request,
            "method",
            Absent(&[Word("GET")]),
            "a request without a method is a GET",
        ),
        field(Request, "header", Absent(&[Null, List, Nothing]), NO_LIST),
        field(
            Request,
            "header",
            Written,
            "a text of `Name: value` lines and a list are the same",
        ),
        field(
            Request,
            "header",
            OrderedByName,
            "headers of different names have no order (RFC 9110, 5.3)",
        ),
        field(
            Request,
            "body",
            Absent(&[Null, Object]),
            "exports write an empty object for no body",
        ),
        field(
            Request,
            "description",
            Absent(&[Null, Nothing]),
            NO_DESCRIPTION,
        ),
        field(Request, "description", Written, DESCRIPTION),
        field(
            Request,
            "url",
            Written,
            "a string, and an object whose parts make up that string and carry nothing else, are the same",
        ),
        field(
            Url,
            "host",
            Written,
            "a text and a list of its parts are the same",
        ),
        field(
            Url,
            "path",
            Written,
            "a text and a list of its segments are the same",
        ),
        field(Url, "query", Absent(&[Null, List]), NO_LIST),
        field(Url, "variable", Absent(&[Null, List]), NO_LIST),
        field(
            Url,
            "variable",
            OrderedByName,
            "the path decides the order of path variables",
        ),
        field(
            Url,
            "variables",
            Absent(&[List]),
            "old exports write this empty list beside `variable`",
        ),
        field(Url, "auth", Absent(&[Null, Object, List]), NO_OBJECT),
        field(
            Url,
            "port",
            Absent(&[Null, Text]),
            "old exports write an empty port for none",
        ),
        field(
            Url,
            "hash",
            Absent(&[Null, Text]),
            "old exports write an empty fragment for none",
        ),
        field(
            Query,
            "description",
            Absent(&[Null, Nothing]),
            NO_DESCRIPTION,
        ),
        field(Query, "description", Written, DESCRIPTION),
        field(Query, "disabled", Absent(&[False]), ENABLED),
        field(
            Query,
            "equals",
            Absent(&[True]),
            "old exports write it for every parameter with an equals sign",
        ),
        field(PathVariable, "id", VolatileBeside("key"), NAMED),
        field(PathVariable, "type", TypeOfValue, SHOWN),
        field(
            PathVariable,
            "description",
            Absent(&[Null, Nothing]),
            NO_DESCRIPTION,
        ),
        field(PathVariable, "description", Written, DESCRIPTION),
        field(PathVariable, "disabled", Absent(&[False]), ENABLED),
        field(
            Header,
            "name",
            SameAs("key"),
            "old exports repeat the key as the name",
        ),
        field(
            Header,
            "type",
            Absent(&[Word("text")]),
            "Postman writes the type for every header, and there is no other",
        ),
        field(
            Header,
            "description",
            Absent(&[Null, Nothing]),
            NO_DESCRIPTION,
        ),
        field(Header, "description", Written, DESCRIPTION),
        field(Header, "disabled", Absent(&[False]), ENABLED),
        field(Body, "disabled", Absent(&[False]), ENABLED),
        field(
            Body,
            "raw",
            Absent(&[Text]),
            "a raw body without text is empty either way; `mode` counts",
        ),
        field(Body, "formdata", Absent(&[Null, List]), NO_LIST),
        field(Body, "urlencoded", Absent(&[Null, List]), NO_LIST),
        field(Body, "file", Absent(&[Null, Object]), NO_OBJECT),
        field(Body, "options", Absent(&[Null, Object]), NO_OBJECT),
        field(
            FormField,
            "type",
            Absent(&[Word("text")]),
            "fields of a form are text unless they say file",
        ),
        field(
            FormField,
            "description",
            Absent(&[Null, Nothing]),
            NO_DESCRIPTION,
        ),
        field(FormField, "description", Written, DESCRIPTION),
        field(FormField, "disabled", Absent(&[False]), ENABLED),
        field(
            Auth,
            "*",
            Absent(&[Null, List, Object]),
            "a kind of authorisation without a parameter says no more than `type`",
        ),
        field(
            Auth,
            "*",
            Written,
            "an object of parameters, as version 2.0 has it, and a list of them are the same",
        ),
        field(Auth, "*", OrderedByName, "parameters are looked up by key"),
        field(AuthParameter, "type", TypeOfValue, SHOWN),
        field(Variable, "id", VolatileBeside("key"), NAMED),
        field(Variable, "type", TypeOfValue, SHOWN),
        field(
            Variable,
            "type",
            Absent(&[Word("default")]),
            "newer exports write it for every plain variable, and the API refuses it",
        ),
        field(
            Variable,
            "description",
            Absent(&[Null, Nothing]),
            NO_DESCRIPTION,
        ),
        field(Variable, "description", Written, DESCRIPTION),
        field(Variable, "disabled", Absent(&[False]), ENABLED),
        field(Variable, "sessionValue", Volatile, SESSION),
        field(Variable, "sessionIndex", Volatile, SESSION),
        field(Response, "id", Volatile, ID),
        field(Response, "uid", Volatile, UID),
        field(
            Response,
            "_postman_id",
            Volatile,
            "the id under the name that older exports use",
        ),
        field(Response, "createdAt", Volatile, CREATED),
        field(Response, "updatedAt", Volatile, UPDATED),
        field(Response, "lastUpdatedBy", Volatile, AUTHOR),
        field(Response, "owner", Volatile, OWNER),
        field(
            Response,
            "responseTime",
            Volatile,
            "how long that one run took",
        ),
        field(
            Response,
            "timings",
            Volatile,
            "how long the phases of that one run took",
        ),
        field(
            Response,
            "originalRequest",
            Written,
            "a string is a GET request of that URL",
        ),
        field(Response, "header", Absent(&[Null, List, Nothing]), NO_LIST),
        field(
            Response,
            "header",
            Written,
            "a text of `Name: value` lines and a list are the same",
        ),
        field(
            Response,
            "header",
            OrderedByName,
            "headers of different names have no order (RFC 9110, 5.3)",
        ),
        field(Response, "cookie", Absent(&[Null, List]), NO_LIST),
        field(
            Response,
            "body",
            Absent(&[Null]),
            "exports write null for no body",
        ),
        field(Event, "id", Volatile, ID),
        field(Event, "disabled", Absent(&[False]), ENABLED),
        field(Script, "id", Volatile, "handed out anew by exports"),
        field(
            Script,
            "type",
            Absent(&[Word("text/javascript")]),
            "Postman runs no other language",
        ),
        field(
            Script,
            "exec",
            Absent(&[Null, Nothing]),
            "Postman writes one empty line for an empty script",
        ),
        field(
            Script,
            "exec",
            Written,
            "a text and a list of its lines are the same; a carriage return before a line end is none of the script's",
        ),
        field(Script, "packages", Absent(&[Object]), NO_OBJECT),
        field(Script, "requests", Absent(&[Object]), NO_OBJECT),
        field(
            Behaviour,
            "disableBodyPruning",
            Written,
            "see `protocolProfileBehavior` of folders and requests",
        ),
        field(
            Environment,
            "id",
            Volatile,
            "the id in the workspace it was exported from",
        ),
        field(Environment, "uid", Volatile, UID),
        field(Environment, "owner", Volatile, OWNER),
        field(Environment, "team", Volatile, OWNER),
        field(Environment, "createdAt", Volatile, CREATED),
        field(Environment, "updatedAt", Volatile, UPDATED),
        field(Environment, "lastUpdatedBy", Volatile, AUTHOR),
        field(
            Environment,
            "lastRevision",
            Volatile,
            "counts the changes in Postman",
        ),
        field(
            Environment,
            "isPublic",
            Volatile,
            "whether its workspace is public",
        ),
        field(
            Environment,
            "_postman_exported_at",
            Volatile,
            "when it was exported",
        ),
        field(
            Environment,
            "_postman_exported_using",
            Volatile,
            "which version of the app exported it",
        ),
        field(
            Environment,
            "_postman_variable_scope",
            Filled,
            "only exports of the app have it; environment or globals is known without",
        ),
        field(
            Environment,
            "color",
            Absent(&[Null]),
            "the app writes null for no colour",
        ),
        field(
            EnvironmentValue,
            "enabled",
            Absent(&[True]),
            "what is not disabled is enabled",
        ),
        field(
            EnvironmentValue,
            "type",
            Absent(&[Word("default"), Word("any"), Word("text")]),
            "what a plain variable is called, by the age of the app; `secret` counts",
        ),
        field(
            EnvironmentValue,
            "description",
            Absent(&[Null, Nothing]),
            NO_DESCRIPTION,
        ),
        field(EnvironmentValue, "description", Written, DESCRIPTION),
        field(EnvironmentValue, "sessionValue", Volatile, SESSION),
        field(EnvironmentValue, "sessionIndex", Volatile, SESSION),
        field(
            RequestFile,
            "name",
            Filled,
            "a request without a name is called like its file",
        ),
        field(
            RequestFile,
            "order",
            Volatile,
            "only the sequence it makes among its neighbours counts",
        ),
        field(
            RequestFile,
            "examples",
            Absent(&[AnyText, Null, List]),
            "the path of the examples follows from where the file lies",
        ),
        field(
            RequestFile,
            "description",
            Absent(&[Null, Text]),
            NO_DESCRIPTION,
        ),
        field(
            RequestFile,
            "headers",
            Absent(&[Null, List, Object]),
            NO_LIST,
        ),
        field(RequestFile, "headers", Written, PAIRS),
        field(
            RequestFile,
            "headers",
            OrderedByName,
            "headers of different names have no order (RFC 9110, 5.3)",
        ),
        field(
            RequestFile,
            "queryParams",
            Absent(&[Null, List, Object]),
            NO_LIST,
        ),
        field(RequestFile, "queryParams", Written, PAIRS),
        field(
            RequestFile,
            "pathVariables",
            Absent(&[Null, List, Object]),
            NO_LIST,
        ),
        field(RequestFile, "pathVariables", Written, PAIRS),
        field(
            RequestFile,
            "pathVariables",
            OrderedByName,
            "the path decides the order of path variables",
        ),
        field(RequestFile, "scripts", Absent(&[Null, List]), NO_LIST),
        field(RequestFile, "settings", Absent(&[Null, Object]), NO_OBJECT),
        field(
            ExampleFile,
            "name",
            Filled,
            "an example without a name is called like its file",
        ),
        field(
            ExampleFile,
            "order",
            Volatile,
            "only the sequence it makes among its neighbours counts",
        ),
        field(
            ExampleFile,
            "description",
            Absent(&[Null, Text]),
            NO_DESCRIPTION,
        ),
        field(
            ExampleFile,
            "headers",
            Absent(&[Null, List, Object]),
            NO_LIST,
        ),
        field(ExampleFile, "headers", Written, PAIRS),
        field(
            ExampleFile,
            "headers",
            OrderedByName,
            "headers of different names have no order (RFC 9110, 5.3)",
        ),
        field(
            ExampleFile,
            "queryParams",
            Absent(&[Null, List, Object]),
            NO_LIST,
        ),
        field(ExampleFile, "queryParams", Written, PAIRS),
        field(
            ExampleFile,
            "pathVariables",
            Absent(&[Null, List, Object]),
            NO_LIST,
        ),
        field(ExampleFile, "pathVariables", Written, PAIRS),
        field(
            ExampleFile,
            "pathVariables",
            OrderedByName,
            "the path decides the order of path variables",
        ),
        field(
            DefinitionFile,
            "$kind",
            Filled,
            "a definition is one of a collection or folder, with or without saying so",
        ),
        field(
            DefinitionFile,
            "name",
            Filled,
            "a collection or folder without a name is called like its folder",
        ),
        field(
            DefinitionFile,
            "order",
            Volatile,
            "only the sequence it makes among its neighbours counts",
        ),
        field(
            DefinitionFile,
            "id",
            Volatile,
            "the id in the workspace it came from",
        ),
        field(
            DefinitionFile,
            "description",
            Absent(&[Null, Text]),
            NO_DESCRIPTION,
        ),
        field(
            DefinitionFile,
            "variables",
            Absent(&[Null, List, Object]),
            NO_LIST,
        ),
        field(DefinitionFile, "variables", Written, PAIRS),
        field(DefinitionFile, "scripts", Absent(&[Null, List]), NO_LIST),
        field(
            DefinitionFile,
            "settings",
            Absent(&[Null, Object]),
            NO_OBJECT,
        ),
        field(
            HeaderEntry,
            "description",
            Absent(&[Null, Text]),
            NO_DESCRIPTION,
        ),
        field(HeaderEntry, "disabled", Absent(&[False]), ENABLED),
        field(
            NamedEntry,
            "description",
            Absent(&[Null, Text]),
            NO_DESCRIPTION,
        ),
        field(NamedEntry, "disabled", Absent(&[False]), ENABLED),
        field(
            OrderedEntry,
            "description",
            Absent(&[Null, Text]),
            NO_DESCRIPTION,
        ),
        field(OrderedEntry, "disabled", Absent(&[False]), ENABLED),
        field(
            AuthEntry,
            "credentials",
            Absent(&[Null, List, Object]),
            NO_LIST,
        ),
        field(AuthEntry, "credentials", Written, PAIRS),
        field(
            AuthEntry,
            "credentials",
            OrderedByName,
            "credentials are looked up by key",
        ),
        field(
            Schema,
            "required",
            Unordered,
            "a set by the words of JSON Schema (validation, 6.5.3)",
        ),
        field(
            Schema,
            "type",
            Unordered,
            "a set by the words of JSON Schema (validation, 6.1.1)",
        ),
    ]
};

/// How many kinds of places there are.
const PLACES: usize = Within::Value as usize + 1;

/// The lines of the table for one place.
pub fn fields_of(within: Within) -> &'static [Field] {
    static BY_PLACE: LazyLock<[&'static [Field]; PLACES]> = LazyLock::new(|| {
        let mut by_place: [&'static [Field]; PLACES] = [&[]; PLACES];
        for group in FIELDS.chunk_by(|one, other| one.within == other.within) {
            by_place[group[0].within as usize] = group;
        }
        by_place
    });
    match within {
        Within::Globals => BY_PLACE[Within::Environment as usize],
        within => BY_PLACE[within as usize],
    }
}

/// What the value of a member is, seen from the object that has it.
pub fn within(parent: Within, key: &str) -> Within {
    match (parent, key) {
        (Within::Collection, "info") => Within::Info,
        (Within::Collection | Within::Item, "item") => Within::Item,
        (Within::Collection | Within::Item, "event") => Within::Event,
        (Within::Collection | Within::Item, "variable") => Within::Variable,
        (Within::Collection | Within::Item | Within::Request, "auth") => Within::Auth,
        (Within::Collection | Within::Item, "protocolProfileBehavior") => Within::Behaviour,
        (Within::Item, "request") | (Within::Response, "originalRequest") => Within::Request,
        (Within::Item, "response") => Within::Response,
        (Within::Event, "script") => Within::Script,
        (Within::Script, "exec") => Within::Lines,
        (Within::Request, "url") => Within::Url,
        (Within::Request | Within::Response, "header") => Within::Header,
        (Within::Request, "body") => Within::Body,
        (Within::Url, "query") => Within::Query,
        (Within::Url, "variable") => Within::PathVariable,
        (Within::Body, "formdata" | "urlencoded") => Within::FormField,
        (
            Within::Info
            | Within::Item
            | Within::Request
            | Within::Query
            | Within::PathVariable
            | Within::Header
            | Within::FormField
            | Within::Variable
            | Within::EnvironmentValue,
            "description",
        ) => Within::Description,
        (Within::Auth, key) if key != "type" => Within::AuthParameters,
        (Within::Info, "schema") => Within::SchemaAddress,
        (Within::Environment | Within::Globals, "values") => Within::EnvironmentValue,
        (Within::RequestFile | Within::ExampleFile, "headers") => Within::HeaderMap,
        (Within::RequestFile | Within::ExampleFile, "queryParams") => Within::OrderedMap,
        (Within::RequestFile | Within::ExampleFile, "pathVariables") => Within::NamedMap,
        (Within::ExampleFile, "request" | "response") => Within::ExampleFile,
        (Within::RequestFile, "examples") | (Within::DefinitionFile, "items") => Within::TreeEntry,
        (Within::DefinitionFile, "variables") => Within::OrderedMap,
        (Within::RequestFile | Within::DefinitionFile, "auth") => Within::AuthEntry,
        (Within::AuthEntry, "credentials") => Within::NamedMap,
        _ => within_definition(parent, key),
    }
}

/// The same for API definitions: schemas are found where a definition has them, never in examples.
fn within_definition(parent: Within, key: &str) -> Within {
    match (parent, key) {
        (Within::Definition, "components") => Within::Components,
        (Within::Definition, "definitions") | (Within::Components, "schemas") => Within::SchemaMap,
        (Within::SchemaMap, _) => Within::Schema,
        (Within::Schema, "required" | "type") => Within::Set,
        (
            Within::Schema,
            "properties" | "patternProperties" | "definitions" | "$defs" | "dependentSchemas",
        ) => Within::SchemaMap,
        (
            Within::Schema,
            "items"
            | "prefixItems"
            | "additionalProperties"
            | "not"
            | "allOf"
            | "anyOf"
            | "oneOf"
            | "if"
            | "then"
            | "else"
            | "contains"
            | "propertyNames"
            | "unevaluatedItems"
            | "unevaluatedProperties"
            | "additionalItems",
        ) => Within::Schema,
        (Within::Definition | Within::Components | Within::DefinitionPart, key) => match key {
            "schema" | "payload" if parent == Within::DefinitionPart => Within::Schema,
            "example" | "examples" | "default" | "enum" | "const" | "value" => Within::Value,
            key if key.starts_with("x-") => Within::Value,
            _ => Within::DefinitionPart,
        },
        _ => Within::Value,
    }
}
