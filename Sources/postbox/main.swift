print("postbox")
