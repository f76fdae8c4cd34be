internal import HTTPTypes
package import Hummingbird
internal import QuizContent
internal import QuizModel
internal import QuizSocial
internal import QuizWire

/// The HTTP API and the web client's files on one router.
///
/// `APIRoute` lists every operation with its types. The documents are generated from that list and the handlers are bound
/// to it by an exhaustive switch with the same types, so neither can say what the other does not do.
package struct QuizAPI: Sendable {
    /// A larger request body is refused with 413; bytes.
    package static let bodyBytesMax = 16 << 10
    /// Rooms in a list, at most.
    package static let roomsListedMax = 50
    /// Games a page of history.
    package static let gamesPerPage = 20

    let services: APIServices
    let settings: APISettings
    private let site: WebSite
    let openAPI: String
    let asyncAPI: String

    /// - Throws: `SchemaFailure` when a payload type cannot be described; a test fails long before.
    package init(services: APIServices, settings: APISettings, files: WebFiles) throws {
        self.services = services
        self.settings = settings
        site = WebSite(files: files, rooms: services.rooms, settings: settings)
        openAPI = try OpenAPIDocument.make().text
        asyncAPI = try AsyncAPIDocument.make().text
    }

    /// A new router with everything on it. Build its responder once.
    package func router() -> Router<QuizRequestContext> {
        let router = Router(context: QuizRequestContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: SecurityHeaders(settings: settings))
        router.add(middleware: ErrorAnswers())
        router.add(middleware: site)
        for route in APIRoute.allCases { bind(route, on: router) }
        return router
    }

    private func bind(_ route: APIRoute, on router: Router<QuizRequestContext>) {
        switch route {
        case .signInAsGuest: bind(APIRoute.signInAsGuestEndpoint, on: router, to: signInAsGuest)
        case .refreshSession: bind(APIRoute.refreshSessionEndpoint, on: router, to: refreshSession)
        case .signOut: bind(APIRoute.signOutEndpoint, on: router, to: signOut)
        case .listRooms: bind(APIRoute.listRoomsEndpoint, on: router, computes: true, to: listRooms)
        case .createRoom: bind(APIRoute.createRoomEndpoint, on: router, to: createRoom)
        case .findRoom: bind(APIRoute.findRoomEndpoint, on: router, to: findRoom)
        case .listCategories: bind(APIRoute.listCategoriesEndpoint, on: router, to: listCategories)
        case .listPacks: bind(APIRoute.listPacksEndpoint, on: router, to: listPacks)
        case .listMyGames: bind(APIRoute.listMyGamesEndpoint, on: router, to: listMyGames)
        case .findGame: bind(APIRoute.findGameEndpoint, on: router, to: findGame)
        case .adminNodes: bind(APIRoute.adminNodesEndpoint, on: router, computes: true, to: adminNodes)
        case .adminShards: bind(APIRoute.adminShardsEndpoint, on: router, computes: true, to: adminShards)
        case .adminShard: bind(APIRoute.adminShardEndpoint, on: router, computes: true, to: adminShard)
        case .adminMoves: bind(APIRoute.adminMovesEndpoint, on: router, computes: true, to: adminMoves)
        case .adminRing: bind(APIRoute.adminRingEndpoint, on: router, computes: true, to: adminRing)
        case .adminRooms: bind(APIRoute.adminRoomsEndpoint, on: router, computes: true, to: adminRooms)
        case .adminLive: bind(APIRoute.adminLiveEndpoint, on: router, computes: true, to: adminLive)
        case .adminChange: bind(APIRoute.adminChangeEndpoint, on: router, computes: true, to: adminChange)
        case .live: bind(APIRoute.liveEndpoint, on: router, to: live)
        case .ready: bind(APIRoute.readyEndpoint, on: router, to: ready)
        case .openAPI: document(openAPI, at: APIRoute.openAPIEndpoint, on: router)
        case .asyncAPI: document(asyncAPI, at: APIRoute.asyncAPIEndpoint, on: router)
        }
    }

    private func document(
        _ text: String, at endpoint: Endpoint<NoBody, ProtocolDocument>, on router: Router<QuizRequestContext>
    ) {
        let body = ByteBuffer(string: text)
        router.on(RouterPath(endpoint.path), method: .get) { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-cache"],
                body: ResponseBody(byteBuffer: body))
        }
    }
}
