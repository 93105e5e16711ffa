"""Neural style transfer: a picture is optimised until it has the content of one picture and the style of others."""
