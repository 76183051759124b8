import MCPProtocol
import Testing

@Suite("A JSON tree")
struct JSONValueTests {
    @Test("reads well as a literal, keeps order, and finds what is in it")
    func literal() throws {
        let value: JSONValue = [
            "name": "x", "count": 3, "ratio": 0.5, "ok": true, "none": nil, "list": [1, "two", [nil]], "empty": [:],
        ]
        #expect(
            String(decoding: value.serialized(), as: UTF8.self)
                == #"{"name":"x","count":3,"ratio":0.5,"ok":true,"none":null,"list":[1,"two",[null]],"empty":{}}"#)
        #expect(value["count"]?.intValue == 3)
        #expect(value["ratio"]?.doubleValue == 0.5)
        #expect(value["ok"]?.boolValue == true)
        #expect(value["none"]?.isNull == true)
        #expect(value["absent"] == nil)
        #expect(value["list"]?[1]?.stringValue == "two")
        #expect(value["list"]?[2]?[0] == .null)
        #expect(value["list"]?[3] == nil)
        #expect(value["list"]?[-1] == nil)
        #expect(value["name"]?[0] == nil)
        #expect(value.objectValue?.names.first == "name")
        #expect(try JSONValue(parsing: value.serialized()) == value)
        #expect(value.raw["name"]?.stringValue == "x")
        #expect(JSONValue(UInt64.max).description == "18446744073709551615")
    }

    @Test("members can be changed in place, appended and removed")
    func changes() {
        var value: JSONValue = ["a": 1, "b": 2, "a": 3]
        value["a"] = 4
        #expect(value == ["b": 2, "a": 4])
        value["c"] = [:]
        value["b"] = nil
        #expect(value == ["a": 4, "c": [:]])
        var other: JSONValue = "text"
        other["a"] = 1
        #expect(other == "text")
    }

    @Test("prints one member or element a line")
    func prettyPrinting() {
        let value: JSONValue = ["a": [1, ["b\n": nil]], "c": [], "d": [:]]
        #expect(
            value.prettyPrinted() == """
                {
                  "a": [
                    1,
                    {
                      "b\\n": null
                    }
                  ],
                  "c": [],
                  "d": {}
                }
                """)
    }

    @Test(
        "numbers stay as they were written", arguments: ["1.0", "1E+5", "-0", "123456789012345678901234567890", "0.10"])
    func numbers(text: String) throws {
        #expect(try JSONValue(parsing: text).description == text)
    }
}
