# Bounds what Go cannot decode in the types of Kubernetes, which no marker reaches into, in the CRDs that controller-gen wrote:
# "make generate". Rules in CEL would do it too, and make every status write slower.

# Times in status are in UTC and have no fraction, as metav1.Time writes them. Not every client knows the year 0. The API server
# admits any list for a string that has a format, and no list is both empty and not.
/^ {10}status:$/,$ s/^( +)format: date-time$/&\n\1maxItems: 0\n\1minItems: 1\n\1pattern: ^([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/

# The observedGeneration of a condition.
/^ {20}observedGeneration:$/,/^ {22}type:/ s/^( +)format: int64$/&\n\1maximum: 9007199254740991/
