import Foundation
package import Logging
import NIOConcurrencyHelpers
import NIOSSL
import QuizTelemetry
import ServiceLifecycle

/// The certificates of the mesh: this node's own, shown to whoever it dials or is dialled by, and the authority that must
/// have signed the other's. Read again when a file changes; links that are up keep what they have.
///
/// A certificate says that a node is one of the cluster; names in it are not compared. Which node it is, the hello proves.
package final class MeshCertificates: Service {
    struct Contexts: Sendable {
        var dialer: NIOSSLContext
        var acceptor: NIOSSLContext
    }

    private struct Loaded {
        var contexts: Contexts
        var changedAt: [Date?]
    }

    private struct Files: Sendable {
        var certificate: String
        var key: String
        var authority: String

        var modifications: [Date?] {
            [certificate, key, authority].map {
                // A file that cannot be looked at counts as "no date"; reading it says why.
                (try? FileManager.default.attributesOfItem(atPath: $0))?[.modificationDate] as? Date
            }
        }
    }

    private let files: Files
    private let checkInterval: Duration
    private let logger: Logger
    private let loaded: NIOLockedValueBox<Loaded>

    /// - Parameters:
    ///   - certificateFile: PEM, the chain with the node's own certificate first; good for servers and clients.
    ///   - keyFile: PEM.
    ///   - authorityFile: PEM, one or more certificates: of these authorities, and of no others, peers may be.
    ///   - checkInterval: how often the files' modification times are looked at while `run` is running.
    /// - Throws: what is wrong with the files; a node does not start without a certificate.
    package init(
        certificateFile: String, keyFile: String, authorityFile: String, checkInterval: Duration = .seconds(5),
        logger: Logger
    ) throws {
        files = Files(certificate: certificateFile, key: keyFile, authority: authorityFile)
        self.checkInterval = checkInterval
        self.logger = logger
        let changedAt = files.modifications
        loaded = NIOLockedValueBox(Loaded(contexts: try Self.read(files), changedAt: changedAt))
    }

    /// For the next connection.
    var contexts: Contexts { loaded.withLockedValue { $0.contexts } }

    /// Reads the files if one of them has changed. On failure the old certificates stay, and the log says why.
    package func reloadIfChanged() {
        let changedAt = files.modifications
        guard loaded.withLockedValue({ $0.changedAt }) != changedAt else { return }
        do {
            let contexts = try Self.read(files)
            loaded.withLockedValue { $0 = Loaded(contexts: contexts, changedAt: changedAt) }
            logger.info("The certificates of the mesh have been reloaded.")
        } catch {
            // Remembered all the same, so that a broken file is reported once and not every few seconds.
            loaded.withLockedValue { $0.changedAt = changedAt }
            logger.error(
                "The certificates of the mesh cannot be read; the old ones stay in use.",
                metadata: .keys([.file: "\(files.certificate)", .error: .error(error)]))
        }
    }

    package func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            // Cancellation ends the wait and, by the condition above, the loop.
            try? await cancelWhenGracefulShutdown { [checkInterval] in try await Task.sleep(for: checkInterval) }
            reloadIfChanged()
        }
    }

    private static func read(_ files: Files) throws -> Contexts {
        let chain = try NIOSSLCertificate.fromPEMFile(files.certificate).map { NIOSSLCertificateSource.certificate($0) }
        let key = NIOSSLPrivateKeySource.privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem))
        let roots = NIOSSLTrustRoots.certificates(try NIOSSLCertificate.fromPEMFile(files.authority))
        func strict(_ configuration: TLSConfiguration) -> TLSConfiguration {
            var configuration = configuration
            configuration.trustRoots = roots
            // On the accepting side this is also what makes a client's certificate required.
            configuration.certificateVerification = .noHostnameVerification
            // Both ends are ours.
            configuration.minimumTLSVersion = .tlsv13
            return configuration
        }
        let acceptor = strict(.makeServerConfiguration(certificateChain: chain, privateKey: key))
        var dialer = strict(.makeClientConfiguration())
        dialer.certificateChain = chain
        dialer.privateKey = key
        return Contexts(
            dialer: try NIOSSLContext(configuration: dialer), acceptor: try NIOSSLContext(configuration: acceptor))
    }
}
