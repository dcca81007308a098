import HTTPServer
import HTTPTypes
import Synchronization

@testable import Cluster

/// Stands for a node of the cluster to join: notes what it is asked, and answers as it is told.
final class MembersServer: Sendable {
    /// The content of `POST /members`.
    struct Question: Decodable, Equatable {
        var id: String
        var kind: String
        var url: String?
        var incarnation: String
    }

    let url: String
    private let server: HTTPServer
    private let asked: Asked

    private final class Asked: Sendable {
        let questions = Mutex<[Question]>([])
    }

    init(_ answer: @escaping @Sendable (Question) -> Response) throws {
        let asked = Asked()
        self.asked = asked
        var configuration = HTTPServerConfiguration()
        configuration.writesLoops = 1
        server = HTTPServer(
            configuration: configuration,
            logger: LocalCluster.logger,
            handler: { exchange in
                guard let question = try? PeerJSON.decode(Question.self, from: exchange.request.body) else {
                    return exchange.respond(Response(status: .badRequest))
                }
                asked.questions.withLock { $0.append(question) }
                exchange.respond(answer(question))
            },
            connectionClosed: { _ in },
            refusal: { _ in Response(status: .badRequest) }
        )
        url = "http://127.0.0.1:\(try server.start())"
    }

    var questions: [Question] { asked.questions.withLock { $0 } }

    func stop() { server.stop() }
}
