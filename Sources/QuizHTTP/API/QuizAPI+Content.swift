internal import QuizContent
internal import QuizModel
internal import QuizWire

extension QuizAPI {
    private static let bankIsAway = Rejection(
        .unavailable, message: "The questions cannot be read at this moment. Try again.")

    @Sendable func listCategories(
        _ body: NoBody, _ call: APICall
    ) async throws(Rejection) -> APIReply<CategoryListResponse> {
        do {
            return APIReply(CategoryListResponse(categories: try await services.questions.categories()))
        } catch {
            throw Self.bankIsAway
        }
    }

    @Sendable func listPacks(_ body: NoBody, _ call: APICall) async throws(Rejection) -> APIReply<PackListResponse> {
        do {
            return APIReply(PackListResponse(packs: try await services.questions.packs()))
        } catch {
            throw Self.bankIsAway
        }
    }
}
