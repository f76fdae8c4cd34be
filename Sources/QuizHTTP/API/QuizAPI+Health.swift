internal import QuizModel
internal import QuizWire

extension QuizAPI {
    @Sendable func live(_ body: NoBody, _ call: APICall) async throws(Rejection) -> APIReply<HealthResponse> {
        APIReply(HealthResponse(status: .ok, checks: []))
    }

    @Sendable func ready(_ body: NoBody, _ call: APICall) async throws(Rejection) -> APIReply<HealthResponse> {
        let checks = await services.readiness()
        let isReady = checks.allSatisfy { $0.status == .ok }
        return APIReply(
            HealthResponse(status: isReady ? .ok : .failing, checks: checks), status: isReady ? 200 : 503)
    }
}
