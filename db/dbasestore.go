package db

import "errors"

func openDBase(lay *layout, o *Options, log Log) (store, error) {
	return nil, errors.New("not yet")
}
