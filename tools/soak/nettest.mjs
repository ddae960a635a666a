/** The eleven parts of nettest, as the contract's suite calls them. */
export const NETTEST = [
  'BasicIO',
  'PingPong',
  'RacyRead',
  'RacyWrite',
  'ReadTimeout',
  'WriteTimeout',
  'PastTimeout',
  'PresentTimeout',
  'FutureTimeout',
  'CloseTimeout',
  'ConcurrentMethods',
]
