"""What stood on the lines of a traceback: the shapes, dtypes and devices of the tensors named there, and the
parameters of the modules. Values are never looked at.

This package is also loaded by path into the interpreter of a watched program, by `hook/sitecustomize.py`. It
needs nothing but the standard library of any Python from 3.9 on, and reads no attribute in a way that could
run code of the program: names are looked up in the dictionaries of frames, modules and objects.
"""
