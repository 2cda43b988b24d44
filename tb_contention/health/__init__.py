"""Check the installation and the traces of a log directory. Checks change nothing and do not raise.

packages    installed versions, requirements, imports
plugin      whether TensorBoard finds the tab and its page is complete
caches      the caches of decoded traces and of machine code
gpu         the driver and the permission to profile
recordings  what manifests say about recordings
traces      what the captures of a log directory lack
"""
