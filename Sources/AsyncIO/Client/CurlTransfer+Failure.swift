import CCurl

extension CurlTransfer {
    /// What libcurl's outcome means to the caller, given how far the request had come; `nil`: success.
    func failure(_ code: CURLcode, of easy: CurlEasy) -> HTTPClientError? {
        if let reasonToGiveUp { return reasonToGiveUp }
        if code == CURLE_OK, head.isComplete || self is CurlConnect { return nil }
        if code == CURLE_OUT_OF_MEMORY { return .protocolError(detail: easy.account(of: code)) }
        if head.isComplete { return failureInBody(code, of: easy) }
        return stage == .sending && !(self is CurlConnect)
            ? failureAfterConnecting(code, of: easy) : failureToConnect(code, of: easy)
    }

    private func failureInBody(_ code: CURLcode, of easy: CurlEasy) -> HTTPClientError {
        let detail = easy.account(of: code)
        return switch code {
        case CURLE_OPERATION_TIMEDOUT: .timedOut(requestSent: true)
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            .bodyTruncated(detail: detail)
        default: .protocolError(detail: detail)
        }
    }

    private func failureAfterConnecting(_ code: CURLcode, of easy: CurlEasy) -> HTTPClientError {
        let detail = easy.account(of: code)
        // Whatever hindered a repetition: the first attempt was sent and had no answer.
        let isRepetition =
            switch code {
            case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY,
                CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_PROXY:
                true
            default: refusedRepetition
            }
        if isRepetition {
            return .closedBeforeResponse(
                detail: "closed while idle, or instead of an answer", wasReusedConnection: true,
                requestBytesSent: easy.bytesSent)
        }
        return switch code {
        case CURLE_OPERATION_TIMEDOUT: .timedOut(requestSent: true)
        case CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND:
            .sendFailed(detail: detail, requestBytesSent: easy.bytesSent)
        case CURLE_OK:
            .closedBeforeResponse(
                detail: "closed within the head", wasReusedConnection: wasReusedConnection,
                requestBytesSent: easy.bytesSent)
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            .closedBeforeResponse(
                detail: detail, wasReusedConnection: wasReusedConnection, requestBytesSent: easy.bytesSent)
        default: .protocolError(detail: detail)
        }
    }

    private func failureToConnect(_ code: CURLcode, of easy: CurlEasy) -> HTTPClientError {
        let detail = easy.account(of: code)
        if refusedAddress, code == CURLE_COULDNT_CONNECT {
            return .couldNotConnect(detail: "the host's address is not allowed", cause: nil)
        }
        return switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidURL(request.url)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            .couldNotResolve(host: CurlTransfer.host(of: request.url), detail: detail)
        case CURLE_OPERATION_TIMEDOUT: .connectTimedOut(budget: easy.connectTimeout ?? .seconds(300))
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CRL_BADFILE,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            .tls(detail: detail)
        case CURLE_COULDNT_CONNECT: .couldNotConnect(detail: detail, cause: easy.connectError)
        default: .couldNotConnect(detail: detail, cause: nil)
        }
    }

    /// The host of a URL, for messages.
    private static func host(of url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        var rest = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        if rest.first == "[" { return String(rest.prefix { $0 != "]" }.dropFirst()) }
        return String(rest.prefix { $0 != ":" })
    }
}
