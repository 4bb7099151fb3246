/// What `/v1/openapi.json` answers: the description of the HTTP way in (OpenAPI 3.0).
enum APIDescription {
    /// The whole description.
    static let text = """
        {"openapi":"3.0.3","info":{"title":"syncmail","version":"1",\
        "description":"Hand in mail to the agent of this machine. 202 means that the mail is on \
        stable storage. Over the Unix socket the kernel tells who asks; over TCP an application's \
        name and password are needed (syncmail app add)."},
        "security":[{},{"basic":[]}],
        "paths":{
        "/v1/messages":{
        "post":{"operationId":"send","summary":"Queue a mail",
        "parameters":[{"name":"Idempotency-Key","in":"header","required":false,
        "description":"Under one key a user's mail is queued once, for ever.",
        "schema":{"type":"string","minLength":1,"maxLength":200,"pattern":"^[!-~]+$"}}],
        "requestBody":{"required":true,"content":{"application/json":{"schema":
        {"$ref":"#/components/schemas/NewMessage"}}}},
        "responses":{"202":{"description":"Stored, and on its way","headers":
        {"Location":{"schema":{"type":"string"}}},"content":{"application/json":{"schema":
        {"$ref":"#/components/schemas/Receipt"}}}},"400":{"$ref":"#/components/responses/Error"},
        "401":{"$ref":"#/components/responses/Error"},
        "403":{"$ref":"#/components/responses/Error"},
        "413":{"$ref":"#/components/responses/Error"},
        "415":{"$ref":"#/components/responses/Error"},
        "422":{"$ref":"#/components/responses/Error"},
        "503":{"$ref":"#/components/responses/Error"}}},
        "get":{"operationId":"list","summary":"Mails, newest first",
        "parameters":[
        {"name":"limit","in":"query","schema":{"type":"integer","minimum":1,"maximum":500}},
        {"name":"after","in":"query","description":"The last one seen",
        "schema":{"type":"string","pattern":"^[0-9a-hjkmnp-tv-z]{26}$"}},
        {"name":"state","in":"query","schema":{"type":"string","enum":["queued","reserved",
        "sending","in_doubt","sent","failed","cancelled","held"]}},
        {"name":"type","in":"query","schema":{"$ref":"#/components/schemas/Word"}},
        {"name":"entity","in":"query","schema":{"$ref":"#/components/schemas/Name"}}],
        "responses":{"200":{"description":"The mails that the caller may see","content":
        {"application/json":{"schema":{"type":"object","required":["messages"],"properties":
        {"messages":{"type":"array","items":{"$ref":"#/components/schemas/Message"}}}}}}},
        "400":{"$ref":"#/components/responses/Error"},
        "401":{"$ref":"#/components/responses/Error"},
        "403":{"$ref":"#/components/responses/Error"},
        "503":{"$ref":"#/components/responses/Error"}}}},
        "/v1/messages/{id}":{"get":{"operationId":"show","summary":"One mail and its deliveries",
        "parameters":[{"name":"id","in":"path","required":true,
        "schema":{"type":"string","pattern":"^[0-9a-hjkmnp-tv-z]{26}$"}}],
        "responses":{"200":{"description":"The mail","content":{"application/json":{"schema":
        {"$ref":"#/components/schemas/Message"}}}},"400":{"$ref":"#/components/responses/Error"},
        "401":{"$ref":"#/components/responses/Error"},
        "403":{"$ref":"#/components/responses/Error"},
        "404":{"$ref":"#/components/responses/Error"},
        "503":{"$ref":"#/components/responses/Error"}}}}},
        "components":{"securitySchemes":{"basic":{"type":"http","scheme":"basic"}},
        "responses":{"Error":{"description":"Nothing was stored; the text says what to do",
        "content":{"application/json":{"schema":{"type":"object","required":["error","es","en"],
        "properties":{"error":{"type":"string"},"es":{"type":"string"},"en":{"type":"string"}}}}}}},
        "schemas":{
        "Word":{"type":"string","minLength":1,"maxLength":40,
        "pattern":"^[^\\\\u0000-\\\\u001F\\\\u007F-\\\\u009F]+$"},
        "Name":{"type":"string","minLength":1,"maxLength":200,
        "pattern":"^[^\\\\u0000-\\\\u001F\\\\u007F-\\\\u009F]+$"},
        "Addresses":{"oneOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]},
        "NewMessage":{"type":"object","additionalProperties":false,"required":["to"],
        "description":"text or html must be there.","properties":{
        "to":{"$ref":"#/components/schemas/Addresses"},
        "cc":{"$ref":"#/components/schemas/Addresses"},
        "bcc":{"$ref":"#/components/schemas/Addresses"},
        "reply_to":{"type":"string"},"subject":{"type":"string"},
        "text":{"type":"string"},"html":{"type":"string"},
        "as":{"type":"string","description":"The user in whose name it is sent"},
        "type":{"$ref":"#/components/schemas/Word"},
        "entity":{"$ref":"#/components/schemas/Name"},
        "key":{"$ref":"#/components/schemas/Name"},
        "at":{"type":"string","description":"Not before: 2026-11-21T09:30Z, or in 30m, 2h, 7d"},
        "undo":{"type":"string","pattern":"^[0-9]{1,5}[smhd]$",
        "description":"So long it waits for a change of mind: 20s; at most a day"},
        "priority":{"type":"string","enum":["high","normal","low"]},
        "expire":{"type":"string","pattern":"^[0-9]{1,5}[smhd]$",
        "description":"So long it is tried: 12h, 5d; at most a year"},
        "attachments":{"type":"array","items":{"type":"object","additionalProperties":false,
        "required":["name","content"],"properties":{"name":{"type":"string"},
        "type":{"type":"string"},"content":{"type":"string","format":"byte"}}}}}},
        "Receipt":{"type":"object","required":["id","message_id","state","duplicate"],
        "properties":{"id":{"type":"string"},"message_id":{"type":"string"},
        "state":{"type":"string"},"duplicate":{"type":"boolean"}}},
        "Message":{"type":"object","required":["id","user","type","state","deliveries"],
        "properties":{"id":{"type":"string"},"subject":{"type":"string","nullable":true},
        "user":{"type":"string"},"type":{"type":"string"},
        "entity":{"type":"string","nullable":true},"bytes":{"type":"integer"},
        "created":{"type":"string"},"state":{"type":"string"},"state_en":{"type":"string"},
        "deliveries":{"type":"array","items":{"type":"object"}}}}}}}
        """
}
