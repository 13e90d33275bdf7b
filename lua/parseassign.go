package lua

import (
	"github.com/yuin/gopher-lua/ast"
)

// assignAll makes an assignment to several variables a block: everything is
// evaluated into locals first, then assigned from right to left. The engine would
// write the first variable before it evaluates the next expression.
func assignAll(a *ast.AssignStmt) ast.Stmt {
	line := a.Line()
	assigned := make(map[string]bool)
	for _, e := range a.Lhs {
		if id, ok := e.(*ast.IdentExpr); ok {
			assigned[id.Value] = true
		}
	}
	block := &ast.DoBlockStmt{}
	block.SetLine(line)
	block.SetLastLine(line)
	places := &ast.LocalAssignStmt{}
	places.SetLine(line)
	for i, e := range a.Lhs {
		get, ok := e.(*ast.AttrGetExpr)
		if !ok {
			continue
		}
		if id, ok := get.Object.(*ast.IdentExpr); !ok || assigned[id.Value] {
			get.Object = evaluated(places, get.Object, "o", i)
		}
		if _, ok := get.Key.(ast.ConstExpr); !ok {
			get.Key = evaluated(places, get.Key, "k", i)
		}
	}
	if len(places.Names) > 0 {
		block.Stmts = append(block.Stmts, places)
	}
	values := &ast.LocalAssignStmt{Exprs: a.Rhs}
	values.SetLine(line)
	for i := range a.Lhs {
		values.Names = append(values.Names, "("+itoa(i)+")")
	}
	block.Stmts = append(block.Stmts, values)
	for i := len(a.Lhs) - 1; i >= 0; i-- {
		v := &ast.IdentExpr{Value: values.Names[i]}
		v.SetLine(line)
		one := &ast.AssignStmt{Lhs: a.Lhs[i : i+1 : i+1], Rhs: []ast.Expr{v}}
		one.SetLine(line)
		block.Stmts = append(block.Stmts, one)
	}
	return block
}

// evaluated adds e to the locals and gives the one that holds it.
func evaluated(places *ast.LocalAssignStmt, e ast.Expr, kind string, i int) ast.Expr {
	single(e)
	name := "(" + kind + itoa(i) + ")"
	places.Names = append(places.Names, name)
	places.Exprs = append(places.Exprs, e)
	id := &ast.IdentExpr{Value: name}
	id.SetLine(e.Line())
	return id
}

// overwrites tells whether the engine might write the local variable target while
// it evaluates e.
func (p *parser) overwrites(target, e ast.Expr) bool {
	id, ok := target.(*ast.IdentExpr)
	if !ok || p.kindOf(id.Value) != "local" {
		return false
	}
	switch e.(type) {
	case *ast.FuncCallExpr, *ast.TableExpr, *ast.LogicalOpExpr, *ast.RelationalOpExpr, *ast.UnaryNotOpExpr:
		return true
	}
	return false
}
