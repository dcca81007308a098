import CCurl
import Glibc
import HTTPTypes

extension Transfer {
    /// Says in our words how libcurl ended this transfer.
    func outcome(_ result: ccurl_result, of handle: CurlHandle) -> Result<HTTPClientResponse, HTTPClientError> {
        guard result.outcome != CCURL_DONE else {
            let status = HTTPResponse.Status(code: Int(result.status))
            return .success(HTTPClientResponse(status: status, headers: head.fields, body: body))
        }
        let (code, reason) = explanation(result, handle)
        let message = "\(request.method.rawValue) \(request.url): \(reason)"
        return .failure(HTTPClientError(code, message, mayHaveBeenReceived: handle.hasSent))
    }

    private func explanation(_ result: ccurl_result, _ handle: CurlHandle) -> (HTTPClientError.Code, String) {
        switch result.outcome {
        case CCURL_INVALID_URL:
            return (.invalidURL, "not a usable http or https URL (\(handle.errorText))")
        case CCURL_COULD_NOT_CONNECT where result.system_error == ECONNREFUSED && handle.hasSent:
            return (.refused, "the connection ended before an answer came, and the next one was refused")
        case CCURL_COULD_NOT_CONNECT where result.system_error == ECONNREFUSED:
            return (.refused, "nobody listens there: the connection was refused")
        case CCURL_COULD_NOT_CONNECT, CCURL_CONNECT_TIMED_OUT, CCURL_OUT_OF_MEMORY:
            return (.couldNotConnect, handle.errorText)
        case CCURL_STOPPED_BY_OWNER where isTooLarge:
            return (.responseTooLarge, "the response is larger than the \(request.responseBytesMax) bytes allowed")
        case CCURL_NOT_HTTP:
            return (.connectionLost, "the answer is not HTTP (\(handle.errorText))")
        case CCURL_TOO_MANY_REDIRECTS:
            return (.connectionLost, "more than \(request.redirectsMax) redirects in a row")
        default:
            return (.connectionLost, handle.errorText)
        }
    }
}
