/// Messages as they are seen on the wire, with what must survive a gateway bit for bit.
enum MessageSamples {
    static let texts: [String] = [
        #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"caf\u00e9 \"x\"","limit":10},"_meta":{"progressToken":7}}}"#,
        #"{"jsonrpc":"2.0","id":"a-1","result":{"content":[{"type":"text","text":"line\nline\t\u0041"}],"isError":false}}"#,
        #"{"jsonrpc":"2.0","id":12345678901234567890,"error":{"code":-32602,"message":"no","data":{"n":1e-7}}}"#,
        #" { "jsonrpc" : "2.0" , "method" : "notifications/progress" , "params" : { "progress" : 0.50 , "total" : 1E2 } } "#,
        #"{"id":null,"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"}}"#,
        #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"}]"#,
        #"{"result":{"tools":[{"name":"a","inputSchema":{"type":"object"}},{"name":"b"}],"nextCursor":""},"id":3,"jsonrpc":"2.0","x":[[],{},[{}]],"y":-0.0}"#,
        #"{"jsonrpc":"2.0","id":9,"result":{"s":"日本語のテキスト😀","big":123456789012345678901234567890,"deep":[[[[{"a":[null,true,false]}]]]]}}"#,
        "{}", #"{"result":1,"id":2}"#, #"{"result":"x","result":[2],"id":-3}"#, #"{"a":1,"r\u0065sult":{"q":[]}}"#,
    ]

    static let all: [[UInt8]] = texts.map { Array($0.utf8) }
}
