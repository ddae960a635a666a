// The errors of requests that a client may send wrong without end. Each is one for all of them: only its words
// are sent, and to note where an error was made costs more than the rest of such a request.

/** There is no room for the memory of a request. */
export const TOO_MANY_BYTES = new Error('too many bytes in flight')
/** The most requests that may be pending are. */
export const TOO_MANY_REQUESTS = new Error('too many requests')
/** A request of this tag is pending. */
export const DUPLICATE_TAG = new Error('duplicate tag')
/** There is no such fid. */
export const BAD_FID = new Error('Bad fid')
