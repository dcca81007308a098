import Cluster

/// Every call this server answers, as openapi.yaml has them. A contract test keeps the two equal.
package enum Routes {
    static func table(
        clients: ClientHandler,
        administration: AdministrationHandler,
        status: StatusHandler,
        health: HealthHandler,
        documents: DocumentHandler,
        peers: PeerHandler
    ) -> [Route] {
        [
            .post("/messages", query: ["copies"], clients.send),
            .get(
                "/messages",
                query: ["recipient", "sender", "after", "limit", "consistency", "min_id"],
                later: ["before", "since", "order", "wait", "follow", "cursor"],
                clients.receive
            ),
            .get("/messages/{id}", query: ["consistency"], clients.receiveOne),

            .get("/members", administration.listMembers),
            .post("/members", administration.setMember),
            .delete("/members", administration.removeMember),
            .post("/leader", administration.transfer),
            .post("/promote", administration.promote),

            .get("/status", status.report),
            .get("/livez", query: ["verbose", "exclude"], health.live),
            .get("/readyz", query: ["verbose", "exclude"], health.ready),
            .get("/version", documents.version),
            .get("/openapi.yaml", documents.openAPI),
            .get("/problems/{name}", documents.problem),

            .post(PeerPath.replicate, for: .peers, peers.handle),
            .post(PeerPath.vote, for: .peers, peers.handle),
            .post(PeerPath.readIndex, for: .peers, peers.handle),
            .post(PeerPath.takeOver, for: .peers, peers.handle),
            .post(PeerPath.snapshot, for: .peers, peers.handle),
            .post(PeerPath.repair, for: .peers, peers.handle),
            .post(PeerPath.form, for: .peers, peers.handle),
        ]
    }
}
