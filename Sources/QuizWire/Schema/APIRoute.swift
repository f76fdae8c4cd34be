package import QuizModel

/// Every operation of the HTTP API. The raw value is its operation id.
package enum APIRoute: String, Sendable, CaseIterable {
    case signInAsGuest
    case refreshSession
    case signOut
    case listRooms
    case createRoom
    case findRoom
    case listCategories
    case listPacks
    case listMyGames
    case findGame
    case adminNodes
    case adminShards
    case adminShard
    case adminMoves
    case adminRing
    case adminRooms
    case adminLive
    case adminChange
    case live
    case ready
    case openAPI
    case asyncAPI

    package var endpoint: any EndpointDescription {
        switch self {
        case .signInAsGuest: Self.signInAsGuestEndpoint
        case .refreshSession: Self.refreshSessionEndpoint
        case .signOut: Self.signOutEndpoint
        case .listRooms: Self.listRoomsEndpoint
        case .createRoom: Self.createRoomEndpoint
        case .findRoom: Self.findRoomEndpoint
        case .listCategories: Self.listCategoriesEndpoint
        case .listPacks: Self.listPacksEndpoint
        case .listMyGames: Self.listMyGamesEndpoint
        case .findGame: Self.findGameEndpoint
        case .adminNodes: Self.adminNodesEndpoint
        case .adminShards: Self.adminShardsEndpoint
        case .adminShard: Self.adminShardEndpoint
        case .adminMoves: Self.adminMovesEndpoint
        case .adminRing: Self.adminRingEndpoint
        case .adminRooms: Self.adminRoomsEndpoint
        case .adminLive: Self.adminLiveEndpoint
        case .adminChange: Self.adminChangeEndpoint
        case .live: Self.liveEndpoint
        case .ready: Self.readyEndpoint
        case .openAPI: Self.openAPIEndpoint
        case .asyncAPI: Self.asyncAPIEndpoint
        }
    }
}

extension APIRoute {
    package static let signInAsGuestEndpoint = Endpoint<GuestSignInRequest, SessionResponse>(
        .signInAsGuest, .post, "/api/session/guest", "Makes a guest: an access token, and a refresh token in a cookie."
    ).with { $0.refusals = [.rateLimited, .unavailable] }

    package static let refreshSessionEndpoint = Endpoint<RefreshRequest, SessionResponse>(
        .refreshSession, .post, "/api/session/refresh",
        "Gives a new access token and replaces the refresh token. A replaced one that comes back revokes its successors."
    ).with {
        $0.admission = .refresh
        $0.isBodyOptional = true
        $0.refusals = [.rateLimited, .unavailable]
    }

    package static let signOutEndpoint = Endpoint<NoBody, NoBody>(
        .signOut, .delete, "/api/session", "Revokes the refresh token and every access token made so far."
    ).with {
        $0.admission = .refreshCookie
        $0.status = 204
        $0.refusals = [.rateLimited, .unavailable]
    }

    package static let listRoomsEndpoint = Endpoint<NoBody, RoomListResponse>(
        .listRooms, .get, "/api/rooms", "Public rooms, those with most players first; at most 50."
    ).with { $0.refusals = [.rateLimited] }

    package static let createRoomEndpoint = Endpoint<CreateRoomCommand, RoomCreatedAck>(
        .createRoom, .post, "/api/rooms", "Makes a room; its maker joins it over the socket."
    ).with {
        $0.admission = .bearer
        $0.status = 201
        $0.refusals = [.invalid, .rateLimited, .busy, .unavailable, .overloaded]
    }

    package static let findRoomEndpoint = Endpoint<NoBody, RoomSummary>(
        .findRoom, .get, "/api/rooms/{code}",
        "A public or unlisted room. A private one answers like one that is not there."
    ).with {
        $0.parameters = [.init("code", in: .path, RoomCode.self, "The room's code; lower case is folded.")]
        $0.refusals = [.roomNotFound, .rateLimited]
    }

    package static let listCategoriesEndpoint = Endpoint<NoBody, CategoryListResponse>(
        .listCategories, .get, "/api/categories", "Categories with the number of their questions."
    ).with { $0.refusals = [.unavailable] }

    package static let listPacksEndpoint = Endpoint<NoBody, PackListResponse>(
        .listPacks, .get, "/api/packs", "Packs with the number of their questions."
    ).with { $0.refusals = [.unavailable] }

    package static let listMyGamesEndpoint = Endpoint<NoBody, GameHistoryResponse>(
        .listMyGames, .get, "/api/me/games", "The player's finished games, newest first, 20 a page."
    ).with {
        $0.admission = .bearer
        $0.parameters = [.init("before", in: .query, Int64.self, "`next` of the page before.")]
        $0.refusals = [.invalid, .unavailable]
    }

    package static let findGameEndpoint = Endpoint<NoBody, GameResultResponse>(
        .findGame, .get, "/api/games/{game}", "A finished game's result and signature, for those who played."
    ).with {
        $0.admission = .bearer
        $0.parameters = [.init("game", in: .path, GameID.self, "The game's id.")]
        $0.refusals = [.notFound, .unavailable]
    }

    package static let liveEndpoint = Endpoint<NoBody, HealthResponse>(
        .live, .get, "/health/live", "Whether the process answers."
    )

    package static let readyEndpoint = Endpoint<NoBody, HealthResponse>(
        .ready, .get, "/health/ready", "Whether the node takes new players, and what is missing."
    ).with { $0.failingStatus = 503 }

    package static let openAPIEndpoint = Endpoint<NoBody, ProtocolDocument>(
        .openAPI, .get, "/api/openapi.json", "This document."
    )

    package static let asyncAPIEndpoint = Endpoint<NoBody, ProtocolDocument>(
        .asyncAPI, .get, "/api/asyncapi.json", "The socket's events, as an AsyncAPI 3.0 document."
    )
}
