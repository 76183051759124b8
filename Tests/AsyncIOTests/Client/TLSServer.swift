import Foundation

@testable import AsyncIO

/// An nginx with a certificate of its own, for `localhost`, that speaks TLS on two Unix sockets of a directory.
final class TLSServer: Sendable {
    /// The certificate, which is its own authority.
    let certificate: String
    /// Offers HTTP/2.
    let http2Socket: String
    /// Offers HTTP/1.1 only.
    let http1Socket: String
    /// What `GET /file` answers.
    static let fileBytes = 8_000_000

    private let process: Process

    enum Failure: Error { case programFailed(String, Int32) }

    private static let nginx = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    private static let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    static var isAvailable: Bool { nginx != nil && openssl != nil }

    init(in directory: String) async throws {
        let certificate = directory + "/cert.pem"
        self.certificate = certificate
        http2Socket = directory + "/2.sock"
        http1Socket = directory + "/1.sock"
        let key = directory + "/key.pem"
        try Self.run(
            Self.openssl ?? "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate)
        try Data(repeating: UInt8(ascii: "x"), count: Self.fileBytes).write(
            to: URL(fileURLWithPath: directory + "/file"))
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(directory)/\($0);" }.joined(separator: " ")
        func server(_ listen: String) -> String {
            """
            server {
                listen \(listen);
                server_name localhost;
                ssl_certificate \(certificate);
                ssl_certificate_key \(key);
                root \(directory);
                location = / { proxy_set_header X-Protocol $server_protocol; proxy_pass http://unix:\(directory)/0.sock:/; }
                location = /file { }
            }
            """
        }
        let configuration = """
            \(getuid() == 0 ? "user root;" : "")
            daemon off; worker_processes 1; pid \(directory)/pid; error_log \(directory)/error.log;
            events { worker_connections 256; }
            http {
                access_log off; \(temporary)
                # Behind a proxy_pass, so that a request's body is read before it is answered.
                server {
                    listen unix:\(directory)/0.sock;
                    location / { return 200 "$request_method $http_x_protocol $http_x_number"; }
                }
                \(server("unix:\(http2Socket) ssl http2"))
                \(server("unix:\(http1Socket) ssl"))
            }
            """
        try configuration.write(toFile: directory + "/nginx.conf", atomically: true, encoding: .utf8)
        process = Process()
        process.executableURL = Self.nginx.map { URL(fileURLWithPath: $0) }
        process.arguments = ["-c", directory + "/nginx.conf", "-p", directory, "-e", directory + "/error.log"]
        process.standardError = FileHandle.nullDevice
        try process.run()
        // The master writes its pid once it listens.
        let deadline = MonotonicInstant.soon
        while !FileManager.default.fileExists(atPath: directory + "/pid") {
            guard process.isRunning, MonotonicInstant.now < deadline else {
                throw Failure.programFailed("nginx", process.isRunning ? 0 : process.terminationStatus)
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    private static func run(_ program: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure.programFailed(program, process.terminationStatus) }
    }
}
