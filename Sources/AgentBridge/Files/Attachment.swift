import Foundation
import MCPProtocol

/// Something a user sent along with a message: DIAL's attachment, or a content part that is no text.
struct Attachment: Sendable {
    /// The media type, in lower case; `application/octet-stream` if nobody says.
    var type: String
    var title: String
    /// What there is of it: a JSON string, as it came. Texts as they are, everything else as base64.
    var data: RawJSON?
    /// Whether ``data`` is base64 even of a text.
    var isEncoded = false
    var url: String?
    /// The content part it stands in; `nil` for DIAL's.
    var part: RawJSON?

    /// - Parameter value: `{"type","title","data"|"url","reference_type","reference_url"}`
    init(_ value: RawJSON) {
        url = value.member("url")?.stringValue ?? value.member("reference_url")?.stringValue
        data = value.member("data").flatMap { $0.kind == .string ? $0 : nil }
        let name = url.map(Self.name)
        title = value.member("title")?.stringValue ?? name ?? "attachment"
        type = Self.type(value.member("type")?.stringValue, title, name)
    }

    init(type: String, title: String, data: RawJSON) {
        self.type = MediaType.bare(type)
        self.title = title
        self.data = data
    }

    /// A content part of the kinds `image_url` and `file`.
    ///
    /// - Returns: `nil` for any other, and for a file known by its id alone: they are the model's to understand.
    init?(part: RawJSON) {
        let given: (url: String?, name: String?)
        switch part.member("type")?.stringValue {
        case "image_url":
            let image = part.member("image_url")
            given = (image?.member("url")?.stringValue ?? image?.stringValue, nil)
        case "file":
            let file = part.member("file")
            given = (file?.member("file_data")?.stringValue, file?.member("filename")?.stringValue)
        default: return nil
        }
        guard let text = given.url else { return nil }
        self.part = part
        if let (type, data) = Self.dataURL(text) {
            title = given.name ?? "attachment"
            self.type = Self.type(type, given.name ?? "")
            self.data = RawJSON(unchecked: JSONWriter.quote(data)[...])
            isEncoded = true
        } else {
            title = given.name ?? Self.name(text)
            url = text
            type = Self.type(nil, title, text)
            // It was declared to be one.
            if MediaType.isVague(type), part.member("image_url") != nil { type = "image/*" }
        }
    }

    /// The first name that promises a type helps out where the sender says nothing.
    private static func type(_ given: String?, _ names: String?...) -> String {
        let bare = given.map(MediaType.bare) ?? ""
        guard MediaType.isVague(bare) else { return bare }
        return names.lazy.compactMap { $0.flatMap(MediaType.ofFile) }.first ?? "application/octet-stream"
    }

    /// The last segment of a path.
    static func name(_ url: String) -> String {
        let path = url.prefix { $0 != "?" && $0 != "#" }
        let last = path.split(separator: "/").last.map(String.init) ?? url
        return last.removingPercentEncoding ?? last
    }

    /// `data:TYPE;base64,DATA` (RFC 2397)
    private static func dataURL(_ text: String) -> (type: String, data: String)? {
        guard text.utf8.prefix(5).elementsEqual("data:".utf8), let comma = text.utf8.firstIndex(of: UInt8(ascii: ","))
        else { return nil }
        let head = text[text.index(text.startIndex, offsetBy: 5)..<comma]
        guard head.lowercased().hasSuffix(";base64") else { return nil }
        return (MediaType.bare(String(head)), String(text[text.utf8.index(after: comma)...]))
    }

    /// The text in ``data``, if it is one.
    var text: String? {
        guard let value = data?.stringValue else { return nil }
        guard isEncoded else { return value }
        return Data(base64Encoded: value).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
