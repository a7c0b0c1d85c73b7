# What crd-ref-docs writes into tables, made easier to read: "make docs".

# Descriptions are wrapped for "kubectl explain". Here they flow, but for the line with the default and the example.
s# ?<br /> \|# |#g
s#([^ ])<br />(Default: |Example: )#\1 <br />\2#g
s#([^ ])<br />#\1 #g

# Braces need no escape, and within code they must not have one.
s#\\([{}])#\1#g

# Of a marker without a value, its name is enough.
s#(Optional|Required): \{\}#\1#g

# Whole numbers are written as such.
s#2\.147483647e\+09#2147483647#g
s#9\.007199254740991e\+15#9007199254740991#g
