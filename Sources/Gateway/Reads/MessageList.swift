import Cluster
import HTTPServer
import HTTPTypes
import Messaging

/// One page of messages as an answer.
struct MessageList: Sendable {
    let page: MessagePage
    /// Where to go on: after the last message; if the page ends early or has none, after all that was looked at.
    let next: String

    init(_ page: MessagePage, of selection: MessageSelection) {
        self.page = page
        let last = page.more ? nil : page.messages.last?.id
        next = selection.next(after: last ?? max(selection.after, page.scannedThrough))
    }

    func response(_ consistency: ConsistencyReport) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: MediaType.json,
                .cacheControl: "no-store",
                .consistency: consistency.fieldValue,
                .link: "<\(next)>; rel=\"next\"",
            ],
            body: body
        )
    }

    private var body: [UInt8] {
        var body: [UInt8] = []
        body.append("{\"messages\":[")
        for (position, message) in page.messages.enumerated() {
            if position > 0 { body.append(",") }
            body.append(json: message)
        }
        body.append("],\"next\":")
        body.append(json: next)
        body.append(page.more ? ",\"more\":true}" : ",\"more\":false}")
        return body
    }
}
