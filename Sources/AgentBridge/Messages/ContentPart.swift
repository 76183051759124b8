import MCPProtocol

/// Parts of a user message that carry what a tool showed.
enum ContentPart {
    static func text(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("type")
        writer.string("text")
        writer.key("text")
        writer.string(text)
        writer.endObject()
        return writer.finish()
    }

    /// What a picture or a recording counts against a context window: models count those by what they show, which is far
    /// less than the length of their base64.
    private static let mediaWeight = 6 << 10

    /// What a part counts against a context window, in bytes of text.
    static func weight(of part: [UInt8]) -> Int {
        guard part.count > mediaWeight else { return part.count }
        let type = RawJSON(unchecked: part[...]).member("type")?.stringValue
        return type == "image_url" || type == "input_audio" ? mediaWeight : part.count
    }

    /// A line that says whose image it is, and the image.
    static func image(_ image: ToolResult.Media, of tool: String) -> [[UInt8]] {
        [text("[\(image.title) of \(tool)]"), self.image(dataURL(image))]
    }

    /// - Parameter url: as a JSON string.
    static func image(_ url: [UInt8]) -> [UInt8] {
        var writer = JSONWriter(capacity: url.count + 64)
        writer.beginObject()
        writer.key("type")
        writer.string("image_url")
        writer.key("image_url")
        writer.beginObject()
        writer.key("url")
        writer.raw(url)
        writer.endObject()
        writer.endObject()
        return writer.finish()
    }

    static func audio(_ sound: ToolResult.Media, of tool: String) -> [[UInt8]] {
        let format = sound.mimeType.hasSuffix("mpeg") || sound.mimeType.hasSuffix("mp3") ? "mp3" : "wav"
        var writer = JSONWriter(capacity: sound.data.bytes.count + 96)
        writer.beginObject()
        writer.key("type")
        writer.string("input_audio")
        writer.key("input_audio")
        writer.beginObject()
        writer.key("data")
        writer.raw(sound.data)
        writer.key("format")
        writer.string(format)
        writer.endObject()
        writer.endObject()
        return [text("[\(sound.title) of \(tool)]"), writer.finish()]
    }

    /// `"data:image/png;base64,…"`
    static func dataURL(_ media: ToolResult.Media) -> [UInt8] {
        var url = Array(JSONWriter.quote("data:\(media.mimeType);base64,").dropLast())
        url += media.data.bytes.dropFirst()
        return url
    }
}
