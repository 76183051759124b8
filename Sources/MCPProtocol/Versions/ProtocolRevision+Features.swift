/// What a revision has. A peer may only be sent what its revision has; what it sends beyond is ignored.
extension ProtocolRevision {
    // Transports.

    /// The transport is HTTP with one endpoint, not HTTP+SSE with two.
    package var hasStreamableHTTP: Bool { self >= .v2025_03_26 }
    /// A body or line may be a JSON-RPC batch. Only 2025-03-26, where receivers must understand it.
    package var allowsBatch: Bool { self == .v2025_03_26 }
    /// A client names the revision in `MCP-Protocol-Version`: after `initialize` in legacy revisions, always in modern.
    package var hasVersionHeader: Bool { self >= .v2025_06_18 }
    /// `Mcp-Method`, `Mcp-Name` and `Mcp-Param-*` repeat parts of the body.
    package var hasMethodHeaders: Bool { isModern }
    /// `Mcp-Session-Id` may be given by the server.
    package var hasSessionHeader: Bool { hasStreamableHTTP && isLegacy }
    /// A broken stream may be resumed with `Last-Event-ID`.
    package var hasResumableStreams: Bool { hasStreamableHTTP && isLegacy }
    /// A server may close a stream after an empty event and let the client come back for the rest.
    package var hasPollingStreams: Bool { self == .v2025_11_25 }
    /// Closing the response stream cancels the request; before, a broken stream means nothing.
    package var disconnectCancels: Bool { isModern }

    // The base protocol.

    /// Begins with `initialize` and `notifications/initialized`.
    package var hasInitialize: Bool { isLegacy }
    /// `server/discover` tells versions and capabilities.
    package var hasDiscover: Bool { isModern }
    package var hasPing: Bool { isLegacy }
    /// A server may send requests of its own (sampling, elicitation, roots). Later, questions travel inside results.
    package var hasServerRequests: Bool { isLegacy }
    /// Every result has a `resultType`.
    package var hasResultType: Bool { isModern }
    /// List and read results have `ttlMs` and `cacheScope`.
    package var hasCachingHints: Bool { isModern }
    /// An error whose request could not be read leaves `id` out instead of making it `null`.
    package var omitsUnknownErrorID: Bool { isModern }
    /// `notifications/progress` has a `message`.
    package var hasProgressMessage: Bool { self >= .v2025_03_26 }
    /// `logging/setLevel` sets the level of a session; later it stands in each request's `_meta`.
    package var hasSetLevel: Bool { isLegacy }
    /// `resources/subscribe`, and change notifications nobody asked for; later only on `subscriptions/listen`.
    package var hasResourceSubscribe: Bool { isLegacy }
    package var hasSubscriptionsListen: Bool { isModern }
    /// What is sent for a resource that does not exist.
    package var resourceNotFoundCode: Int { isLegacy ? ErrorCode.resourceNotFound : ErrorCode.invalidParams }
    /// ``ErrorCode/urlElicitationRequired`` may be sent.
    package var hasURLElicitationRequiredError: Bool { self == .v2025_11_25 }
    /// `notifications/elicitation/complete` tells that a visit to a URL is over.
    package var hasElicitationCompletion: Bool { self == .v2025_11_25 }
    /// Tasks belong to the core; later they are an extension.
    package var hasCoreTasks: Bool { self == .v2025_11_25 }
    /// Capabilities have `extensions`.
    package var hasExtensions: Bool { isModern }

    // Objects.

    package var hasToolAnnotations: Bool { self >= .v2025_03_26 }
    package var hasAudioContent: Bool { self >= .v2025_03_26 }
    /// The `completions` capability is declared; before, completion was simply tried.
    package var hasCompletionsCapability: Bool { self >= .v2025_03_26 }
    /// `completion/complete` has a `context`.
    package var hasCompletionContext: Bool { self >= .v2025_06_18 }
    package var hasTitles: Bool { self >= .v2025_06_18 }
    /// Tools, resources, prompts, content and roots have a `_meta` of their own.
    package var hasObjectMeta: Bool { self >= .v2025_06_18 }
    package var hasResourceLinks: Bool { self >= .v2025_06_18 }
    /// Tools have an `outputSchema`, results `structuredContent`.
    package var hasStructuredContent: Bool { self >= .v2025_06_18 }
    /// `structuredContent` may be any JSON value, not only an object.
    package var hasAnyStructuredContent: Bool { isModern }
    package var hasElicitation: Bool { self >= .v2025_06_18 }
    package var hasURLElicitation: Bool { self >= .v2025_11_25 }
    /// Forms may offer choices with titles of their own, and more than one choice at a time.
    package var hasChoiceSchemas: Bool { self >= .v2025_11_25 }
    /// `icons`, and `description` and `websiteUrl` of implementations.
    package var hasIcons: Bool { self >= .v2025_11_25 }
    /// Sampling may use tools.
    package var hasSamplingTools: Bool { self >= .v2025_11_25 }
}
