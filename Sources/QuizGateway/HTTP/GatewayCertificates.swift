import Foundation
package import Logging
import NIOConcurrencyHelpers
import NIOSSL
import ServiceLifecycle

/// The certificate of the port, read again when its files change. Connections that are open keep the one they have.
package final class GatewayCertificates: Service {
    private struct Loaded {
        var context: NIOSSLContext
        var changedAt: [Date?]
    }

    private let certificateFile: String
    private let keyFile: String
    private let checkInterval: Duration
    private let logger: Logger
    private let loaded: NIOLockedValueBox<Loaded>

    /// - Parameters:
    ///   - certificateFile: PEM, the chain with the server's own certificate first.
    ///   - keyFile: PEM.
    ///   - checkInterval: how often the files' modification times are looked at while `run` is running.
    /// - Throws: what is wrong with the files; a server does not start without a certificate.
    package init(
        certificateFile: String, keyFile: String, checkInterval: Duration = .seconds(5), logger: Logger
    ) throws {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.checkInterval = checkInterval
        self.logger = logger
        let changedAt = [certificateFile, keyFile].map(Self.modification)
        loaded = NIOLockedValueBox(
            Loaded(context: try Self.read(certificate: certificateFile, key: keyFile), changedAt: changedAt))
    }

    /// For the next connection.
    var context: NIOSSLContext { loaded.withLockedValue { $0.context } }

    /// Reads the files now. On failure the old certificate stays, and the log says why.
    ///
    /// - Returns: whether the new one is in use.
    @discardableResult
    package func reload() -> Bool {
        let changedAt = [certificateFile, keyFile].map(Self.modification)
        do {
            let context = try Self.read(certificate: certificateFile, key: keyFile)
            loaded.withLockedValue { $0 = Loaded(context: context, changedAt: changedAt) }
            logger.info("The TLS certificate has been reloaded.")
            return true
        } catch {
            // Remembered all the same, so that a broken file is reported once and not every few seconds.
            loaded.withLockedValue { $0.changedAt = changedAt }
            logger.error(
                "The TLS certificate cannot be read; the old one stays in use.", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Reloads if a file's modification time has changed.
    package func reloadIfChanged() {
        let changedAt = [certificateFile, keyFile].map(Self.modification)
        if loaded.withLockedValue({ $0.changedAt }) != changedAt { reload() }
    }

    package func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            // Cancellation ends the wait and, by the condition above, the loop.
            try? await cancelWhenGracefulShutdown { [checkInterval] in try await Task.sleep(for: checkInterval) }
            reloadIfChanged()
        }
    }

    private static func read(certificate: String, key: String) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
        let privateKey = try NIOSSLPrivateKey(file: key, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(privateKey))
        configuration.applicationProtocols = ["http/1.1"]
        configuration.minimumTLSVersion = .tlsv12
        return try NIOSSLContext(configuration: configuration)
    }

    private static func modification(_ path: String) -> Date? {
        // A file that cannot be looked at counts as "no date"; reading it says why.
        (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }
}
