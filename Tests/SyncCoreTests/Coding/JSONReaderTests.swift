import SyncCore
import Testing

struct JSONReaderTests {
    private static let equal: [(String, JSONValue)] = [
        (" null ", .null), ("true", true), ("[]", []), ("{}", [:]), ("-12", -12), ("0", 0),
        (#"{"a":[1,{"b":"c"}],"d":false}"#, ["a": [1, ["b": "c"]], "d": false]),
        (#""\u00f1\n\"\\\/\ud83d\ude00ñ""#, "ñ\n\"\\/😀ñ"), ("[1 , 2\n]", [1, 2]),
        ("9223372036854775807", .integer(.max)),
    ]

    @Test(arguments: equal)
    func `a text means its value`(text: String, value: JSONValue) throws {
        let read = try JSONValue(reading: Array(text.utf8))
        #expect(read == value)
        #expect(try JSONValue(reading: Array(value.text.utf8)) == value)
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "nul", "truex", "01", "1.5", "1e3", "--1",
        "+1",
        "\"", "\"\u{1}\"", #""\x""#, #""\u12"#, #""\ud83d""#, #""\ude00""#, "[1] 2", "{a:1}", "'a'",
        "{\"a\":1,\"a\":2}", "99999999999999999999", String(repeating: "[", count: 40),
        "[١]",
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(reading: Array(text.utf8)) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: JSONError.self) { try JSONValue(reading: [0x22, 0xFF, 0x22]) }
    }
}
