// `JSONObject` is an `OrderedDictionary`: who reads JSON needs its members without a second import.
@_exported public import OrderedCollections
