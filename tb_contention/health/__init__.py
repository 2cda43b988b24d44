"""Facts about the surroundings and about traces -> checks. Nothing is changed, and a check never raises for what it finds.

packages   versions, ranges of the metadata, imports
plugin     does TensorBoard find the tab, is its page whole
caches     the caches of decoded traces and of machine code
gpu        driver and the right to profile
traces     what the captures of a log directory lack
"""
