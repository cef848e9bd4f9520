//! Documents for the figures: of any size, the same at every run, no two requests alike.

use std::fmt::Write as _;

/// Which version of the documents is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// What both sides started from.
    Base,
    /// Every tenth request renamed, every seventh with another header, one folder moved.
    Ours,
    /// Every ninth request with another line in its script, every eleventh with another method.
    Theirs,
    /// Every id is new and every tenth request is renamed.
    Exported,
}

/// A collection of so many requests in folders of twenty, indented by tabs as Postman writes it.
pub(crate) fn collection(requests: usize, version: Version) -> String {
    let mut text = String::with_capacity(requests * 1200);
    text.push_str("{\n\t\"info\": {\n\t\t\"_postman_id\": \"0f0f0f0f-1111-4222-8333-444444444444\",\n\t\t\"name\": \"Shop\",\n\t\t\"schema\": \"https://schema.getpostman.com/json/collection/v2.1.0/collection.json\"\n\t},\n\t\"item\": [\n");
    let mut folders: Vec<usize> = (0..requests.div_ceil(20)).collect();
    if version == Version::Ours && folders.len() > 3 {
        let moved = folders.remove(1);
        folders.push(moved);
    }
    for (place, folder) in folders.into_iter().enumerate() {
        if place > 0 {
            text.push_str(",\n");
        }
        _ = write!(
            text,
            "\t\t{{\n\t\t\t\"name\": \"Folder {folder}\",\n\t\t\t\"item\": [\n"
        );
        for number in folder * 20..requests.min(folder * 20 + 20) {
            if number > folder * 20 {
                text.push_str(",\n");
            }
            request(&mut text, number, version);
        }
        text.push_str("\n\t\t\t]\n\t\t}");
    }
    text.push_str("\n\t]\n}\n");
    text
}

fn request(text: &mut String, number: usize, version: Version) {
    let is = |wanted: Version, every: usize| version == wanted && number.is_multiple_of(every);
    let is_renamed = is(Version::Ours, 10) || is(Version::Exported, 10);
    let name = if is_renamed {
        "Fetch order"
    } else {
        "Get order"
    };
    let accept = if is(Version::Ours, 7) {
        "text/plain"
    } else {
        "application/json"
    };
    let code = if is(Version::Theirs, 9) { 204 } else { 200 };
    let method = if is(Version::Theirs, 11) {
        "POST"
    } else {
        "GET"
    };
    let id = if version == Version::Exported { 9 } else { 1 };
    _ = write!(
        text,
        r#"				{{
					"name": "{name} {number}",
					"event": [
						{{
							"listen": "test",
							"script": {{
								"exec": [
									"pm.test(\"status {number}\", function () {{",
									"\tpm.response.to.have.status({code});",
									"}});",
									""
								],
								"type": "text/javascript"
							}}
						}}
					],
					"id": "{id}a2b3c4d-5e6f-4a7b-8c9d-{number:012x}",
					"request": {{
						"method": "{method}",
						"header": [
							{{
								"key": "Accept",
								"value": "{accept}"
							}}
						],
						"url": {{
							"raw": "{{{{baseUrl}}}}/orders/{number}?full=true",
							"host": [
								"{{{{baseUrl}}}}"
							],
							"path": [
								"orders",
								"{number}"
							],
							"query": [
								{{
									"key": "full",
									"value": "true"
								}}
							]
						}},
						"description": "One order, with **all** of its lines: number {number}."
					}},
					"response": []
				}}"#
    );
}

/// A definition of so many paths in YAML, each with comments, parameters and a schema of its own.
pub(crate) fn definition(paths: usize) -> String {
    let mut text = String::with_capacity(paths * 900);
    text.push_str("openapi: 3.0.3\ninfo:\n  title: Shop\n  version: '1.0'\npaths:\n");
    for number in 0..paths {
        _ = write!(
            text,
            r##"  # the path {number}
  /orders/{number}/{{id}}:
    get:
      operationId: getOrder{number}
      summary: "Order {number}"
      description: |
        One order.

        With all of its lines, number {number}.
      parameters:
        - {{name: id, in: path, required: true, schema: {{type: string}}}}
        - name: full
          in: query
          schema:
            type: boolean
            default: false   # all lines
      responses:
        '200':
          description: fine
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Order{number}'
"##
        );
    }
    text.push_str("components:\n  schemas:\n");
    for number in 0..paths {
        _ = write!(
            text,
            "    Order{number}:\n      type: object\n      required: [id]\n      properties:\n        id: {{type: string}}\n        value{number}:\n          type: integer\n          maximum: {number}\n"
        );
    }
    text
}
